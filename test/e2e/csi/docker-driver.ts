import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formats } from '../../docs/example-files.ts';
import { project } from '../../docs/pages.ts';
import { builtDaemon } from '../../lab/built-daemon.ts';
import { createDaemon, type Daemon, writeConfiguration } from '../../lab/daemon.ts';
import type { NomadHost } from '../../lab/nomad/host.ts';

/** A job of examples/, and the volume that it describes. */
export interface ExampleJob {
  readonly name: string;
  readonly text: string;
  readonly volume: string;
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
}

/** The size of the examples' volumes here: a machine may have less room than they ask for. */
const size = '1GiB';

export function exampleJobs(): Promise<readonly ExampleJob[]> {
  const folder = join(project, 'examples');
  const workloads = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return Promise.all(
    workloads.map(async ({ name }) => {
      const written = await readFile(join(folder, name, 'job.nomad.hcl'), 'utf8');
      const read = formats['job.nomad.hcl']?.(name);
      if (read === undefined) throw new Error('There is no format of Nomad.');
      const options = { ...read.options, ...(read.options.size === undefined ? {} : { size }) };
      const text = written.replace(/(\bsize +=) ".*"/, `$1 "${size}"`);
      return { name, text, volume: read.volume, driver: read.driver, options };
    }),
  );
}

/** Holdfast on the host, with local volumes behind the names of all drivers of the examples. */
export async function startHoldfast({ folder, namespace }: NomadHost): Promise<Daemon> {
  const local = (root: string) => ({ backend: 'local', settings: { root: `${folder}/volumes/${root}` } });
  await writeConfiguration(folder, `${folder}/holdfast.yaml`, {
    drivers: { holdfast: local('holdfast'), ebs: local('ebs'), shared: local('shared') },
    // The plugin's container has the host's /run/holdfast.
    ledger: 'on-disk',
  });
  const daemon = createDaemon(namespace, {
    program: await builtDaemon(),
    config: `${folder}/holdfast.yaml`,
    log: `${folder}/holdfast.log`,
    adminSocket: `${folder}/admin.sock`,
    pluginSocket: '/run/docker/plugins/holdfast.sock',
  });
  await daemon.start();
  return daemon;
}

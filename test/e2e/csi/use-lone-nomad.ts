import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { fencesOf, readPage } from '../../docs/pages.ts';
import { builtDaemon } from '../../lab/built-daemon.ts';
import { writeConfiguration } from '../../lab/daemon.ts';
import { createHub } from '../../lab/gluster/hub.ts';
import { createNamespace } from '../../lab/namespace.ts';
import { type NomadActs, nomadActs } from '../../lab/nomad/acts.ts';
import { createNomadAgent, type NomadAgent } from '../../lab/nomad/agent.ts';
import { type Finished, run } from '../../lab/run.ts';

/** One Nomad without an engine: Holdfast is a plugin that runs outside of containers, with local volumes. */
export interface LoneNomad extends NomadActs {
  readonly agent: NomadAgent;
  /** `nomad volume create` of the page's file, of a small local volume with this name and these changes. */
  create(name: string, ...changes: readonly Change[]): Promise<Finished>;
}

export type Change = readonly [from: string, to: string];

export function useLoneNomad(): () => Promise<LoneNomad> {
  const closing: (() => Promise<unknown>)[] = [];
  afterAll(async () => {
    for (const close of closing.toReversed()) await close();
  });
  let nomad: Promise<LoneNomad> | undefined;
  return () => {
    nomad ??= boot(closing);
    return nomad;
  };
}

async function boot(closing: (() => Promise<unknown>)[]): Promise<LoneNomad> {
  const hub = await createHub(await mkdtemp(join(tmpdir(), 'holdfast-hub-')), '10.77.9');
  closing.push(() => hub.close());
  const pod = await hub.plug();
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-lab-'));
  const namespace = createNamespace(folder, () => pod.network);
  await namespace.open();
  // The driver `exec` leaves groups behind that are not the namespace's. Only empty ones are removed.
  closing.push(() =>
    run('find', ['/sys/fs/cgroup', '-depth', '-path', '*/nomad*', '-type', 'd', '-exec', 'rmdir', '{}', '+']),
  );
  closing.push(() => namespace.close('remove'));
  const parts = { name: 'host-a', pod, server: pod.address, configuration: agentFile };
  const agent = await createNomadAgent(folder, namespace, parts);
  await agent.startAgent();
  closing.push(() => agent.agent.stop());
  const acts = await nomadActs(agent);
  await acts.isShown(/ ready$/m, 'node', 'status');
  await acts.run('holdfast', await pluginJob(agent));
  closing.push(() => acts.end('holdfast'));
  await acts.isHealthy('holdfast', 1, 1);
  return {
    ...acts,
    agent,
    create: async (name, ...changes) => {
      const local: Change[] = [
        ['"pg"', `"${name}"`],
        ['10GiB', '64MiB'],
        ['multi-node-multi-writer', 'single-node-writer'],
      ];
      const text = [...local, ...changes].reduce((read, [from, to]) => read.replaceAll(from, to), volumeFile);
      return acts.tryNomad('volume', 'create', await acts.file(`${name}.hcl`, text));
    },
  };
}

const page = readPage('docs/orchestrators/nomad.md');
const volumeFile = fencesOf(page).find(({ text }) => text.startsWith('# volume.hcl\n'))?.text ?? '';

/** The driver `exec` would copy the whole of /usr for each of its tasks. */
const agentFile = `client {
  chroot_env {
    "/bin/true" = "/bin/true"
  }
}
plugin "raw_exec" {
  config {
    enabled    = true
    no_cgroups = true
  }
}
`;

/** The endpoint is the one that Nomad makes up. */
async function pluginJob({ folder }: NomadAgent): Promise<string> {
  const csi = { name: 'local.csi.holdfast.test', nodeId: 'host-a' };
  await writeConfiguration(folder, `${folder}/config.yaml`, {
    drivers: { holdfast: { backend: 'local', settings: { root: `${folder}/volumes` }, csi } },
  });
  const endpoint = `HOLDFAST_DRIVERS_HOLDFAST_CSI_ENDPOINT=\${CSI_ENDPOINT}`;
  const words = [
    process.execPath,
    await builtDaemon(),
    'serve',
    '--json',
    '--config',
    `${folder}/config.yaml`,
  ];
  return `job "holdfast" {
  type = "system"
  group "plugin" {
    task "plugin" {
      driver = "raw_exec"
      config {
        command = "/usr/bin/env"
        args    = ${JSON.stringify([endpoint, ...words])}
      }
      csi_plugin {
        id                     = "holdfast"
        type                   = "monolith"
        mount_dir              = "/csi"
        stage_publish_base_dir = "${folder}/nomad/client/csi/monolith/holdfast"
      }
    }
  }
}
`;
}

import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { Machine } from '../machine.ts';
import { output } from '../run.ts';
import { firstFiles, workloadUser } from './first-files.ts';
import { image, machineBinds, provideImage } from './image.ts';
import type { Workload } from './workload.ts';

/** What a workload needs of its host. Its folder survives a power failure. */
export type WorkloadHost = Pick<Machine, 'folder' | 'docker' | 'engine' | 'eventually'>;

/** More than any host acknowledges before its end. */
const mostRows = 20_000;

export interface RunningWorkload {
  /** The rows that were acknowledged so far, as the host's own disk has them. */
  acknowledged(): Promise<readonly number[]>;
  /** Throws, with what it said, once it does not run. */
  stillRuns(): Promise<void>;
}

/** Starts the service on an empty volume, in a container that writes rows until its end. It ends with its client. */
export async function startWorkload(
  host: WorkloadHost,
  workload: Workload,
  volume: string,
): Promise<RunningWorkload> {
  const record = `${workload.client} < /host/requests | while read -r row; do echo "$row" >> /host/acknowledged; done`;
  const template = await firstFiles(workload);
  const fill = template === undefined ? '' : 'tar -C /data -xf /host/template.tar && sync -f /data';
  const { folder, container } = await startContainer(host, workload, volume, {
    name: `${workload.name}-writer`,
    // A file that it makes there itself belongs to root in a user-mode kernel.
    files: {
      acknowledged: '',
      requests: workload.requests(mostRows),
      ...(template && { 'template.tar': template }),
    },
    script: `set -e\n${fill}\n( until ${workload.answers}; do sleep 0.1; done; ${record}; kill -TERM 1 ) &\nexec ${workload.server}\n`,
  });
  return {
    acknowledged: () => readNumbers(`${folder}/acknowledged`),
    async stillRuns() {
      if (await isRunning(host, container)) return;
      throw new Error(`${container} ended: ${await logs(host, container)}`);
    },
  };
}

/** Starts the service on what it left in the volume, runs its own checks, stops it, and returns the rows that are there. */
export async function readWorkload(
  host: WorkloadHost,
  workload: Workload,
  volume: string,
  acknowledged: readonly number[],
): Promise<readonly number[]> {
  const check = `{ ${workload.check}; } && { ${workload.rows}; } > /host/found && : > /host/checked`;
  const { folder, ended } = await startContainer(host, workload, volume, {
    name: `${workload.name}-reader`,
    files: { acknowledged: `${acknowledged.join('\n')}\n`, found: '' },
    // A share may hold the locks of the dead host for longer than the service tries.
    flags: ['--restart=on-failure:9'],
    // Java answers a signal with an error, after which the container would start once more.
    script: `test ! -e /host/over || exit 0\n( until ${workload.answers}; do sleep 0.1; done; : > /host/answered; ${check}; : > /host/over; kill -TERM 1 ) &\nexec ${workload.server}\n`,
  });
  await ended('answered', 'checked');
  const found = await readNumbers(`${folder}/found`);
  if (workload.checkAtRest !== undefined) await checkAtRest(host, workload, volume, workload.checkAtRest);
  return found;
}

async function checkAtRest(
  host: WorkloadHost,
  workload: Workload,
  volume: string,
  check: string,
): Promise<void> {
  const script = `{ ${check}; } && : > /host/sound`;
  const { ended } = await startContainer(host, workload, volume, {
    name: `${workload.name}-rest`,
    files: {},
    script,
  });
  await ended('sound');
}

interface Contents {
  readonly name: string;
  readonly files: Readonly<Record<string, string | Buffer>>;
  readonly script: string;
  /** Further options of `docker run`. */
  readonly flags?: readonly string[];
}

/** In an image that has the machine's own programs. */
async function startContainer(
  host: WorkloadHost,
  { name: kind, files: own = {}, programs }: Workload,
  volume: string,
  contents: Contents,
) {
  await provideImage(host);
  const { name, files, script, flags = [] } = contents;
  const folder = `${host.folder}/workloads/${kind}-${name}-${volume}`;
  await mkdir(folder, { recursive: true });
  const all = { ...own, ...files, 'run.sh': script };
  for (const [file, text] of Object.entries(all)) await writeFile(`${folder}/${file}`, text);
  await output('chmod', ['-R', 'a+rwX', folder]);
  const binds = [
    `${volume}:/data:nocopy`,
    `${folder}:/host`,
    ...machineBinds,
    ...(programs === undefined ? [] : [`${await programs()}:/programs:ro`]),
  ];
  const container = `${name}-${volume}`;
  await host.docker(
    // It has no network to ask for the address of another name.
    ...['run', '--detach', '--name', container, '--network=none', '--hostname=localhost'],
    ...['--tmpfs=/run', '--tmpfs=/tmp:exec'],
    ...[`--user=${workloadUser.uid}:${workloadUser.gid}`, '--env=LC_ALL=C', '--env=HOME=/tmp'],
    ...['--stop-timeout=60', '--env=PATH=/usr/sbin:/usr/bin', ...flags],
    ...binds.flatMap((bind) => ['-v', bind]),
    ...[image, 'sh', '/host/run.sh'],
  );
  /** Waits for these files, one after the other, and for its end. Each of them may take long on a slow host. */
  const ended = async (...marks: readonly string[]) => {
    const isOver = async () => !(await isRunning(host, container));
    const isThere = (mark: string) => existsSync(`${folder}/${mark}`);
    for (const mark of marks)
      await host.eventually(`${container}: ${mark}`, async () => isThere(mark) || isOver());
    await host.eventually(`${container} ends`, isOver);
    if (!marks.every(isThere))
      throw new Error(`${container} did not succeed: ${await logs(host, container)}`);
    await host.docker('rm', container);
  };
  return { folder, container, ended };
}

async function isRunning({ docker }: WorkloadHost, container: string): Promise<boolean> {
  return (await docker('inspect', '--format', '{{.State.Running}}', container)) === 'true';
}

/** Both of its outputs. */
async function logs({ engine }: WorkloadHost, container: string): Promise<string> {
  const { stdout, stderr } = await engine.tryDocker('logs', '--tail', '20', container);
  return `${stdout}${stderr}`;
}

async function readNumbers(file: string): Promise<readonly number[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return (text.match(/^\d+$(?=\n)/gm) ?? []).map(Number);
}

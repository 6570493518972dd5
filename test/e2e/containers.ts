import { readFile } from 'node:fs/promises';
import { busybox } from '../lab/images.ts';
import type { Machine } from '../lab/machine.ts';

/** What a container here needs from its host. */
type Engined = Pick<Machine, 'docker' | 'eventually'>;

/** Options of every container: no network, and SIGKILL as stop signal, because a shell as PID 1 ignores SIGTERM. */
export const plain = ['--network=none', '--stop-signal=KILL'] as const;

/** Runs a shell command in its own container, with the mounts (as for `-v`); returns its output. */
export function inContainer(
  { docker }: Pick<Machine, 'docker'>,
  mounts: readonly string[],
  command: string,
): Promise<string> {
  return docker('run', '--rm', ...plain, ...volumeFlags(mounts), busybox, 'sh', '-c', command);
}

/** A container that runs until it is stopped. */
export function startContainer(
  { docker }: Pick<Machine, 'docker'>,
  name: string,
  mounts: readonly string[],
  ...flags: readonly string[]
): Promise<string> {
  const detached = ['run', '--detach', '--name', name, ...plain, ...flags];
  return docker(...detached, ...volumeFlags(mounts), busybox, 'sleep', '100000');
}

/**
 * A container that writes a line to /d/lines of its volume every 50 ms, and records each failure in /failures, outside of the
 * volume.
 */
export async function startWriter(
  machine: Engined,
  name: string,
  volume: string,
  ...flags: readonly string[]
): Promise<Writer> {
  const loop =
    'touch /failures; while true; do echo line >> /d/lines || echo failed >> /failures; sleep 0.05; done';
  const detached = ['run', '--detach', '--name', name, ...plain, ...flags, '-v', `${volume}:/d`];
  await machine.docker(...detached, busybox, 'sh', '-c', loop);
  const file = async (path: string) =>
    readFile(`/proc/${await mainProcess(machine, name)}/root${path}`, 'utf8');
  const writer: Writer = {
    pid: () => mainProcess(machine, name),
    failures: () => file('/failures'),
    lines: async () => (await file('/d/lines')).split('\n').length - 1,
    writesOn: () => writesOn(machine, writer),
  };
  await writer.writesOn();
  return writer;
}

export interface Writer {
  /** The host's PID of its main process. */
  pid(): Promise<string>;
  failures(): Promise<string>;
  lines(): Promise<number>;
  /** Returns once it has written another line. */
  writesOn(): Promise<void>;
}

async function writesOn(machine: Engined, writer: Writer): Promise<void> {
  const before = await writer.lines().catch(() => 0);
  await machine.eventually('the container writes on', async () => (await writer.lines()) > before + 1);
}

/** One field of `docker inspect`, such as `.State.Pid`. */
export function inspect({ docker }: Pick<Machine, 'docker'>, name: string, field: string): Promise<string> {
  return docker('inspect', '--format', `{{${field}}}`, name);
}

async function mainProcess(machine: Engined, name: string): Promise<string> {
  const pid = await inspect(machine, name, '.State.Pid');
  if (pid === '0') throw new Error(`The container ${name} does not run.`);
  return pid;
}

function volumeFlags(mounts: readonly string[]): readonly string[] {
  return mounts.flatMap((mount) => ['-v', mount]);
}

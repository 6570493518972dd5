import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ended, holdfast } from '../../cli/run-cli.ts';
import { eventually } from '../../lab/eventually.ts';
import { prepareDaemon } from '../../lab/lone-daemon.ts';
import { mountLoopFileSystem } from '../../lab/loop/file-system.ts';
import { environment } from '../../lab/run.ts';

/** The built daemon, with all its files on a separate xfs. Its driver is `gold`. */
export interface LoneMachine {
  readonly folder: string;
  /** Kills the daemon, and starts another one. */
  kill(): Promise<void>;
  mountpoint(volume: string): string;
  /** Runs a holdfast command; throws if it fails. */
  command(...words: readonly string[]): Promise<string>;
  tryCommand(...words: readonly string[]): Promise<Ended>;
  end(): Promise<void>;
}

const size = 40 * 2 ** 30;

/** `more`: what its configuration has besides. */
export async function startLoneMachine(more: (folder: string) => object = () => ({})): Promise<LoneMachine> {
  const disk = mountLoopFileSystem('xfs', size);
  const folder = disk.path;
  const prepared = await prepareDaemon(folder, more(folder)).catch(async (error) => {
    await disk.remove();
    throw error;
  });
  const [program = '', ...words] = prepared.words;
  const start = () => spawn(program, words, { stdio: 'ignore', env: environment() });
  let daemon = start();
  const tryCommand = (...asked: readonly string[]) =>
    holdfast([...asked, '--socket', join(folder, 'admin.sock')]);
  const listens = () => eventually('it listens', async () => (await tryCommand('driver', 'ls')).code === 0);
  const end = async (): Promise<void> => {
    await stop(daemon);
    unmountBelow(join(folder, 'mnt'));
    spawnSync('chattr', ['-R', '-f', '-i', join(folder, 'mnt')]);
    await disk.remove();
  };
  try {
    await listens();
  } catch (error) {
    await end();
    throw error;
  }
  return {
    folder,
    mountpoint: (volume) => join(folder, 'mnt/gold', volume),
    tryCommand,
    async kill() {
      const ended = once(daemon, 'exit');
      daemon.kill('SIGKILL');
      await ended;
      daemon = start();
      await listens();
    },
    async command(...asked) {
      const { code, out, err } = await tryCommand(...asked);
      if (code !== 0) throw new Error(`holdfast ${asked.join(' ')}: ${err}`);
      return out.trim();
    },
    end,
  };
}

/** Volumes that an operator holds stay mounted when the daemon stops, and so does the mount root. */
function unmountBelow(root: string): void {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(' ')[4] ?? [])
    .filter((mountpoint) => `${mountpoint}/`.startsWith(`${root}/`));
  for (const mountpoint of mounts.reverse()) spawnSync('umount', [mountpoint]);
}

async function stop(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null) return;
  daemon.kill('SIGTERM');
  await once(daemon, 'exit');
}

import { allProcesses, killUntilGone, send } from '../processes.ts';

/** The brick processes of one peer. They are found by the brick's folder, which is unique. */
export interface Bricks {
  pid(volume: string): Promise<number | undefined>;
  kill(volume: string): Promise<void>;
  signal(volume: string, signal: 'SIGSTOP' | 'SIGCONT'): Promise<void>;
}

/** `folder` holds the peer's bricks, each in a folder by its volume's name. */
export function createBricks(folder: string): Bricks {
  const find = (volume: string) => brickPids(`${folder}/${volume}`);
  return {
    pid: async (volume) => (await find(volume))[0],
    kill: (volume) => killUntilGone(`the brick of ${volume}`, () => find(volume)),
    signal: async (volume, signal) => {
      const pids = await find(volume);
      if (pids.length === 0) throw new Error(`The brick of ${volume} does not run.`);
      for (const pid of pids) send(pid, signal);
    },
  };
}

async function brickPids(folder: string): Promise<readonly number[]> {
  const processes = await allProcesses();
  return processes
    .filter(({ args }) => args[args.indexOf('--brick-name') + 1] === folder)
    .map(({ pid }) => pid);
}

import { type ChildProcess, fork } from 'node:child_process';

/** Processes that do one call of `Trees` each. */
interface Processes {
  /** One that was started before, or a new one. */
  take(): ChildProcess;
  /** Starts one. It is killed by what this returns, unless it was taken. */
  ready(): () => void;
}

export function openProcesses(program: string): Processes {
  let waiting: ChildProcess | undefined;
  return {
    take() {
      const taken = waiting ?? start(program);
      waiting = undefined;
      return taken;
    },
    ready() {
      const child = start(program);
      waiting = child;
      const isOver = () => {
        if (waiting === child) waiting = undefined;
      };
      // The call then starts another one, which tells why it fails.
      child.once('exit', isOver).once('error', isOver);
      return () => {
        if (waiting !== child) return;
        waiting = undefined;
        child.kill('SIGKILL');
      };
    },
  };
}

function start(program: string): ChildProcess {
  return fork(program, [], {
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    execArgv: [],
    // The last one is for its pace.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc', 'pipe'],
  });
}

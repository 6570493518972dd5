import type { Remote } from '../host.ts';
import { type MakeCall, makeOn } from './calls.ts';

/** Runs the calls of one server, any number at once. */
export interface CallRunner {
  /** Also rejects if the runner ends meanwhile. */
  readonly make: MakeCall;
  /** Resolves once the runner can make calls, or has ended. */
  readonly ready: Promise<void>;
  /** Aborts all running calls. Idempotent. */
  kill(): void;
  /** Resolves once the runner and all its calls have ended. No call is answered after that. */
  readonly ended: Promise<void>;
}

/** Runs calls in this process, where they cannot be killed: after `kill` it ends when its last call returns. */
export function localCallRunner(remote: Remote): CallRunner {
  let underWay = 0;
  let isKilled = false;
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const endIfDone = () => {
    if (isKilled && underWay === 0) end();
  };
  return {
    ready: Promise.resolve(),
    ended,
    make: async (call) => {
      underWay += 1;
      try {
        return await makeOn(remote, call);
      } finally {
        underWay -= 1;
        endIfDone();
      }
    },
    kill: () => {
      isKilled = true;
      endIfDone();
    },
  };
}

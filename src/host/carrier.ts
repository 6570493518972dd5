import type { Remote } from './host.ts';
import { type MakeCall, makeOn } from './remote-calls.ts';

/** Where the calls of one server are made, any number of them at once. */
export interface Carrier {
  /** Rejects also when the carrier ends meanwhile. */
  readonly make: MakeCall;
  /** Gives up whatever is under way; done twice is done once. */
  kill(): void;
  /** Resolves once it has ended, and with it all that was under way; then nobody is answered any more. */
  readonly ended: Promise<void>;
}

/** In this process, where a call cannot be killed: one that was given up has ended when the last of its calls comes back. */
export function carrierHere(remote: Remote): Carrier {
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

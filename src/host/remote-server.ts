import type { Carrier } from './carrier.ts';
import type { MakeCall, RemoteCall } from './remote-calls.ts';
import { poolSize } from './remote-process.ts';
import { systemError } from './system-error.ts';

export interface ServerSettings {
  /** As it is called in errors. */
  readonly name: string;
  /** Called when a call comes and no carrier is there. */
  readonly start: () => Carrier;
  /** Milliseconds that a call may take once it was handed to the carrier. */
  readonly patience: number;
  /** Milliseconds after which a carrier that nobody needs is ended. */
  readonly idle: number;
  /** Called when it was ended. */
  readonly onIdle?: () => void;
}

export interface RemoteServer {
  readonly make: MakeCall;
  /** Gives up what is under way; nothing can be asked any more. */
  close(): Promise<void>;
}

/** Milliseconds; what was killed and is still there after this waits for the server, and is left behind. */
const killGrace = 1000;

interface Job {
  readonly call: RemoteCall;
  /** Settles the caller's promise; never rejects. */
  readonly run: () => Promise<void>;
  readonly reject: (error: Error) => void;
}

type Refusal = (call: RemoteCall) => Error;

/**
 * The calls of one server: a few at a time, each with patience, and one that gets no answer takes all others with it.
 * A removal is a program's work and may take hours: it holds up nobody, and its patience begins once it is given up.
 */
export function createRemoteServer({ name, start, patience, idle, onIdle }: ServerSettings): RemoteServer {
  const noAnswer = refusalBy('ETIMEDOUT', `no answer from ${name} for ${patience / 1000} s`);
  /** With what ends their patience. */
  const underWay = new Map<Job, () => void>();
  const waiting = new Set<Job>();
  let carrier: Carrier | undefined;
  /** Why nothing can be asked now. */
  let refusal: Refusal | undefined;
  let idleTimer: NodeJS.Timeout | undefined;

  function carrierNow(): Carrier {
    if (carrier) return carrier;
    const started = start();
    void started.ended.then(() => {
      if (carrier === started) carrier = undefined;
    });
    carrier = started;
    return started;
  }

  function beginNext(): void {
    for (const job of waiting) {
      const count = [...underWay.keys()].filter(({ call }) => !call.signal).length;
      if (job.call.signal || count < poolSize) void begin(job);
    }
  }

  async function begin(job: Job): Promise<void> {
    clearTimeout(idleTimer);
    waiting.delete(job);
    underWay.set(job, startPatience(job.call, patience, giveUp));
    await job.run();
    // Not there any more when it was given up.
    underWay.get(job)?.();
    if (!underWay.delete(job)) return;
    beginNext();
    if (underWay.size === 0) idleTimer = setTimeout(endIdle, idle).unref();
  }

  function endIdle(): void {
    carrier?.kill();
    carrier = undefined;
    onIdle?.();
  }

  function giveUp(): void {
    // As long as it has not ended, the kernel waits for the server: another would only hang as well.
    void drop(noAnswer).then(() => {
      if (refusal === noAnswer) refusal = undefined;
    });
  }

  /** Rejects all calls from now on, and those that wait; resolves once what was under way has ended. */
  async function drop(why: Refusal): Promise<void> {
    refusal = why;
    const dropped = carrier;
    carrier = undefined;
    for (const endPatience of underWay.values()) endPatience();
    for (const job of [...underWay.keys(), ...waiting]) job.reject(why(job.call));
    underWay.clear();
    waiting.clear();
    dropped?.kill();
    await dropped?.ended;
  }

  return {
    make: <T>(call: RemoteCall) =>
      new Promise<T>((resolve, reject) => {
        if (refusal) throw refusal(call);
        const run = async () => carrierNow().make<T>(call);
        waiting.add({ call, run: () => run().then(resolve, reject), reject });
        beginNext();
      }),
    close: async () => {
      clearTimeout(idleTimer);
      const ended = drop(refusalBy('ECANCELED', 'the host is being closed'));
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, killGrace).unref())]);
    },
  };
}

/** Returns what ends it. */
function startPatience({ signal }: RemoteCall, patience: number, onEnd: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    timer = setTimeout(onEnd, patience);
  };
  if (!signal || signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', begin);
  };
}

function refusalBy(code: 'ETIMEDOUT' | 'ECANCELED', words: string): Refusal {
  return ({ name, args }) => systemError(code, name, `${args[0]}`, words);
}

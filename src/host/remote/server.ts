import { VolumeError } from '../../core/volume-error.ts';
import { afterPatience } from '../../core/waits/patience.ts';
import { systemError, withCode } from '../system-error.ts';
import type { CallRunner } from './call-runner.ts';
import type { MakeCall, RemoteCall } from './calls.ts';
import { poolSize } from './process.ts';

export interface ServerSettings {
  /** The server's name in errors. */
  readonly name: string;
  /** Called if there is a call but no runner. */
  readonly start: () => CallRunner;
  /** Timeout of a call in milliseconds, once the runner is ready. */
  readonly patience: number;
  /** Milliseconds that a runner may take to become ready. */
  readonly startup: number;
  /** Milliseconds after which an idle runner is ended. */
  readonly idle: number;
  /** Called when an idle runner was ended. */
  readonly onIdle?: () => void;
}

export interface RemoteServer {
  readonly make: MakeCall;
  /** See `Remote.ready`. */
  ready(): Promise<void>;
  /** Aborts running calls, and rejects all later ones. */
  close(): Promise<void>;
}

/** Milliseconds. A killed process that has not ended by then waits for the server, and is left behind. */
const killGrace = 1000;

interface Job {
  readonly call: RemoteCall;
  /** Settles the caller's promise; never rejects. */
  readonly run: () => Promise<void>;
  readonly reject: (error: Error) => void;
}

function isQueued({ call }: Job): boolean {
  return call.signal === undefined && call.isLook === undefined;
}

type Refusal = (call: { readonly name: string; readonly args: readonly unknown[] }) => Error;

/**
 * Runs the calls of one server: a few at a time, each with a timeout. A call that gets no answer makes all others fail. A removal
 * is done by a program and may take hours: it blocks no other call, and its timeout starts when its signal aborts.
 */
export function createRemoteServer({
  name,
  start,
  patience,
  startup,
  idle,
  onIdle,
}: ServerSettings): RemoteServer {
  const noAnswer = refusalBy('ETIMEDOUT', `no answer from ${name} for ${patience / 1000} s`);
  const noStart = refusalBy(
    'EREMOTEIO',
    `the helper process for ${name} did not start within ${startup / 1000} s: check whether this host is overloaded`,
  );
  /** Running jobs, each with the function that stops its timeout. */
  const underWay = new Map<Job, () => void>();
  const waiting = new Set<Job>();
  let runner: CallRunner | undefined;
  /** Why calls are rejected now. */
  let refusal: Refusal | undefined;
  /** Why runners were given up. */
  const reasons = new WeakMap<CallRunner, Refusal>();
  let idleTimer: NodeJS.Timeout | undefined;

  function currentRunner(): CallRunner {
    if (runner) return runner;
    const started = start();
    void started.ended.then(() => {
      if (runner === started) runner = undefined;
    });
    runner = started;
    return started;
  }

  function beginNext(): void {
    for (const job of waiting) {
      const count = [...underWay.keys()].filter(isQueued).length;
      if (!isQueued(job) || count < poolSize) void begin(job);
    }
  }

  async function begin(job: Job): Promise<void> {
    clearTimeout(idleTimer);
    waiting.delete(job);
    underWay.set(
      job,
      startPatience(job.call, patience, () => giveUp(noAnswer), startUp()),
    );
    await job.run();
    // It was removed if it has been given up.
    underWay.get(job)?.();
    if (!underWay.delete(job)) return;
    beginNext();
    restIfIdle();
  }

  function restIfIdle(): void {
    clearTimeout(idleTimer);
    if (underWay.size === 0) idleTimer = setTimeout(endIdle, idle).unref();
  }

  function endIdle(): void {
    runner?.kill();
    runner = undefined;
    onIdle?.();
  }

  function giveUp(why: Refusal): void {
    // While the old process has not ended, the kernel waits for the server: a new process would hang as well.
    void drop(why).then(() => {
      if (refusal === why) refusal = undefined;
    });
  }

  /** Resolves with a reason if the runner ended, or was given up, before it was ready. */
  async function startUp(): Promise<Refusal | undefined> {
    let starting: CallRunner;
    try {
      starting = currentRunner();
    } catch {
      // The call itself reports the reason.
      return noStart;
    }
    const end = afterPatience(startup, () => {
      if (runner === starting) giveUp(noStart);
    });
    await starting.ready;
    end();
    return runner === starting ? undefined : (reasons.get(starting) ?? noStart);
  }

  /** Rejects all waiting and future calls. Resolves once the running ones have ended. */
  async function drop(why: Refusal): Promise<void> {
    refusal = why;
    const dropped = runner;
    if (dropped) reasons.set(dropped, why);
    runner = undefined;
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
        // The runner might be done before it hears of the signal.
        if (call.signal?.aborted) throw neverBegun(call);
        const run = async () => currentRunner().make<T>(call);
        waiting.add({ call, run: () => run().then(resolve, reject), reject });
        beginNext();
      }),
    ready: async () => {
      clearTimeout(idleTimer);
      const why = refusal ?? (await startUp());
      restIfIdle();
      if (why) throw why({ name: 'ready', args: [name] });
    },
    close: async () => {
      clearTimeout(idleTimer);
      const ended = drop(refusalBy('ECANCELED', 'the host is being closed'));
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, killGrace).unref())]);
    },
  };
}

/** Starts the timeout once calls can be made. Returns a function that stops it. */
function startPatience(
  { signal }: RemoteCall,
  patience: number,
  onEnd: () => void,
  started: Promise<unknown>,
): () => void {
  let end = (): void => undefined;
  let isOver = false;
  const begin = () =>
    void started.then(() => {
      if (!isOver) end = afterPatience(patience, onEnd);
    });
  if (!signal) begin();
  else signal.addEventListener('abort', begin, { once: true });
  return () => {
    isOver = true;
    end();
    signal?.removeEventListener('abort', begin);
  };
}

/** As the call itself fails where its signal was aborted: a program is late, a count is cancelled. */
function neverBegun({ name, args }: RemoteCall): Error {
  if (name === 'count') return systemError('ECANCELED', name, `${args[0]}`);
  return new VolumeError('timeout', `${name} of ${args[0]} was given up before it began.`);
}

function refusalBy(code: 'ETIMEDOUT' | 'ECANCELED' | 'EREMOTEIO', words: string): Refusal {
  return ({ name, args }) => withCode(code, `${code}: ${words}, ${name} '${args[0]}'`);
}

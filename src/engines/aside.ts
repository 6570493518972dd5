import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Answers, AskEngine, Subjects } from './questions.ts';

/** A message to the thread. */
export interface Asked<K extends keyof Answers = keyof Answers> {
  readonly id: number;
  readonly kind: K;
  readonly socket: string;
  readonly subject: Subjects[K];
  readonly patience: number;
}

/** A message from the thread. */
interface Told {
  readonly id: number;
  /** Has the type that belongs to the question. */
  readonly answer?: never;
  readonly error?: string;
}

/** In the same folder as this file once it is compiled. */
const compiledWorker = new URL('./ask-worker.js', import.meta.url);
/** Milliseconds after the last answer. */
const idle = 2_000;
/** Milliseconds: on a busy host a thread takes that long to start. */
const startTime = 3_000;

/** Loaded in this thread only if there is no other thread. */
const askInThisThread: AskEngine = async (...question) => {
  const { askHere } = await import('./questions.ts');
  return askHere(...question);
};

/**
 * Asks engines in a separate thread, without our environment: neither dockerode nor an answer of megabytes uses the main
 * thread's time, and the memory is freed when nothing is asked. If the sources run uncompiled (tests), it uses this thread, because
 * threads cannot load TypeScript. Rejects at once if there is no socket.
 */
export function createAsking(worker: URL = compiledWorker): AskEngine {
  if (!existsSync(worker)) return askInThisThread;
  let thread: Worker | undefined;
  let last = 0;
  const waiting = new Map<number, (told: Omit<Told, 'id'>) => void>();

  function begin(): Worker {
    const started = new Worker(worker, { env: {}, execArgv: [] });
    started.unref();
    const end = (error: string) => {
      if (thread === started) thread = undefined;
      for (const settle of [...waiting.values()]) settle({ error });
    };
    started.on('message', ({ id, ...told }: Told) => waiting.get(id)?.(told));
    started.once('error', (error: Error) => end(error.message));
    started.once('exit', () => end('the thread that asks engines has ended'));
    return started;
  }

  function rest(): void {
    if (waiting.size > 0) return;
    const resting = thread;
    resting?.unref();
    setTimeout(() => {
      if (waiting.size > 0 || thread !== resting) return;
      thread = undefined;
      void resting?.terminate();
    }, idle).unref();
  }

  return <K extends keyof Answers>(kind: K, socket: string, subject: Subjects[K], patience: number) =>
    new Promise<Answers[K] | undefined>((resolve, reject) => {
      if (!existsSync(socket)) throw new Error(`there is no socket ${socket}`);
      last += 1;
      const id = last;
      thread ??= begin();
      thread.ref();
      const late = setTimeout(
        () => settle({ error: `no answer within ${patience} ms` }),
        patience + startTime,
      );
      const settle = ({ answer, error }: { readonly answer?: Answers[K]; readonly error?: string }) => {
        clearTimeout(late);
        waiting.delete(id);
        rest();
        if (error === undefined) resolve(answer);
        else reject(new Error(error));
      };
      waiting.set(id, settle);
      thread.postMessage({ id, kind, socket, subject, patience });
    });
}

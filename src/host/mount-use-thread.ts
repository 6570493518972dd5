import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { MountUses } from './host.ts';
import { lookAtUses } from './mount-namespaces.ts';

/** One look at a time: the next is asked for only after the answer. */
export interface UseLook {
  look(root: string): Promise<MountUses>;
  close(): Promise<void>;
}

/** Beside this file once it is compiled. */
const compiledWorker = new URL('./mount-use-worker.js', import.meta.url);

/** In a thread of its own; in this one where the sources run uncompiled (tests), as threads take no TypeScript. */
export function createUseLook(worker: URL = compiledWorker): UseLook {
  if (existsSync(worker)) return threadLook(worker);
  return { look: async (root) => lookAtUses(root), close: async () => undefined };
}

/** The thread starts with the first look, keeps no process alive, and is started again after it died. */
function threadLook(file: URL): UseLook {
  let thread: Worker | undefined;
  return {
    look: (root) => {
      thread ??= startThread(file, () => {
        thread = undefined;
      });
      return ask(thread, root);
    },
    close: async () => {
      await thread?.terminate();
    },
  };
}

function startThread(file: URL, onExit: () => void): Worker {
  const thread = new Worker(file);
  thread.unref();
  thread.once('exit', onExit);
  return thread;
}

function ask(thread: Worker, root: string): Promise<MountUses> {
  return new Promise((resolve, reject) => {
    const onMessage = (uses: MountUses) => settle(() => resolve(uses));
    const onError = (error: Error) => settle(() => reject(error));
    const onExit = () => settle(() => reject(new Error('the thread that looks at mount uses has ended')));
    const settle = (done: () => void) => {
      thread.off('message', onMessage).off('error', onError).off('exit', onExit);
      thread.unref();
      done();
    };
    thread.on('message', onMessage).on('error', onError).on('exit', onExit);
    thread.ref();
    thread.postMessage(root);
  });
}

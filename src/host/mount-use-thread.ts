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
  let current: Worker | undefined;

  function start(): Worker {
    const thread = new Worker(file);
    thread.unref();
    const forget = () => {
      if (current === thread) current = undefined;
    };
    // After an error the thread is still there for a moment, but answers nobody.
    thread.once('error', forget).once('exit', forget);
    return thread;
  }

  return {
    look: (root) => {
      current ??= start();
      return ask(current, root);
    },
    close: async () => {
      await current?.terminate();
    },
  };
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

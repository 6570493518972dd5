import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { MountUses } from '../host.ts';
import { lookAtUses } from './mount-namespaces.ts';

/** Does one look at a time: wait for the answer before the next request. */
export interface UseLook {
  look(root: string): Promise<MountUses>;
  close(): Promise<void>;
}

/** Exists beside this file only in the build. */
const compiledWorker = new URL('./look-worker.js', import.meta.url);

/**
 * Milliseconds after the last look. While any volume is mounted, the reaper looks more often, so an Unmount finds the thread; a
 * daemon without mounted volumes does without its 9 MB.
 */
const usualIdle = 120_000;

/** Uses a worker thread; in uncompiled sources (tests) uses this thread, as workers cannot load TypeScript. */
export function createUseLook(worker: URL = compiledWorker, idle = usualIdle): UseLook {
  if (existsSync(worker)) return threadLook(worker, idle);
  return { look: async (root) => lookAtUses(root), close: async () => undefined };
}

/** The thread starts with a look, ends when none follows, does not keep the process alive, and is restarted if it dies. */
function threadLook(file: URL, idle: number): UseLook {
  let current: Worker | undefined;
  let resting: NodeJS.Timeout | undefined;

  function start(): Worker {
    const thread = new Worker(file);
    thread.unref();
    const forget = () => {
      if (current === thread) current = undefined;
    };
    // After an error the thread still exists for a moment but does not answer.
    thread.once('error', forget).once('exit', forget);
    return thread;
  }

  function rest(): void {
    clearTimeout(resting);
    resting = setTimeout(() => {
      void current?.terminate();
      current = undefined;
    }, idle).unref();
  }

  return {
    look: (root) => {
      clearTimeout(resting);
      current ??= start();
      return ask(current, root).finally(rest);
    },
    close: async () => {
      clearTimeout(resting);
      await current?.terminate();
    },
  };
}

function ask(thread: Worker, root: string): Promise<MountUses> {
  return new Promise((resolve, reject) => {
    const onMessage = (uses: MountUses) => settle(() => resolve(uses));
    const onError = (error: Error) => settle(() => reject(error));
    const onExit = () => settle(() => reject(new Error('the thread that scans mount uses has ended')));
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

import { AsyncLocalStorage } from 'node:async_hooks';

/*
 * Runs before each test file. Jest's runner creates an `AsyncLocalStorage` for each file and never disables it. Node updates
 * every enabled one at every promise, so a promise in the hundredth file would cost a hundred times as much as in the first.
 * This disables those of the files that have ended.
 */

type Watched = typeof AsyncLocalStorage & { used?: Set<AsyncLocalStorage<unknown>> };

/** Node's class, which all files of a process share. */
const shared: Watched = AsyncLocalStorage;

if (shared.used) {
  for (const ended of shared.used) ended.disable();
  shared.used.clear();
} else {
  const used = new Set<AsyncLocalStorage<unknown>>();
  const run: unknown = Reflect.get(shared.prototype, 'run');
  if (typeof run !== 'function') throw new Error('AsyncLocalStorage has no method `run`.');
  shared.used = used;
  shared.prototype.run = function (this: AsyncLocalStorage<unknown>, ...words: unknown[]) {
    used.add(this);
    return Reflect.apply(run, this, words);
  };
}

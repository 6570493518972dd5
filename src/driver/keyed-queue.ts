/** Runs tasks of one key one after the other, in the order of their calls; those of different keys at once. */
export interface KeyedQueue {
  run<T>(key: string, task: () => Promise<T>): Promise<T>;
  /** Resolves when every task that was queued by now is done. */
  idle(): Promise<void>;
}

export function createKeyedQueue(): KeyedQueue {
  const tails = new Map<string, Promise<unknown>>();

  function run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = tails.get(key);
    const result = before === undefined ? task() : before.then(task);
    const tail = result.then(ignore, ignore).then(() => {
      if (tails.get(key) === tail) tails.delete(key);
    });
    tails.set(key, tail);
    return result;
  }

  return { run, idle: async () => void (await Promise.all(tails.values())) };
}

function ignore(): void {}

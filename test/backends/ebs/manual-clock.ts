import type { Clock } from '../../../src/backends/ebs/clock.ts';

export interface ManualClock extends Clock {
  /** Advances the time, and wakes the sleepers that are due, in order. */
  advance(milliseconds: number): Promise<void>;
}

export function createManualClock(): ManualClock {
  let now = 0;
  const sleepers = new Set<{ readonly at: number; wake(): void }>();
  /** Runs everything that does not wait for the clock. */
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    now: () => now,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const giveUp = () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        };
        const wake = () => {
          signal.removeEventListener('abort', giveUp);
          resolve();
        };
        const sleeper = { at: now + Math.max(0, milliseconds), wake };
        sleepers.add(sleeper);
        signal.addEventListener('abort', giveUp, { once: true });
      }),
    async advance(milliseconds) {
      const end = now + milliseconds;
      for (;;) {
        await settle();
        const [next] = [...sleepers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        now = Math.max(now, next.at);
        sleepers.delete(next);
        next.wake();
      }
      now = end;
    },
  };
}

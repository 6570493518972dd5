import type { NewEvent } from '../../core/volume-event.ts';

/** Prevents a refusal that repeats constantly from displacing older events. */
export interface Repeats {
  /** `told`: the same was recorded within the last minute. Otherwise how often it came since it was last recorded, not counting this time. */
  of(event: NewEvent): number | 'told';
}

/** Milliseconds. */
const silence = 60_000;
const mostKinds = 1000;

export function createRepeats(now: () => number): Repeats {
  const kinds = new Map<string, { readonly at: number; times: number }>();
  return {
    of(event) {
      if (event.outcome === 'ok') return 0;
      const { what, driver, volume, outcome, message, asker } = event;
      const key = JSON.stringify([
        what,
        driver,
        volume,
        outcome,
        message,
        asker.door,
        asker.process?.command,
      ]);
      const before = kinds.get(key);
      const age = before === undefined ? silence : now() - before.at;
      // After the clock was set back, the minute cannot be measured.
      if (before !== undefined && age >= 0 && age < silence) {
        before.times += 1;
        return 'told';
      }
      kinds.delete(key);
      kinds.set(key, { at: now(), times: 0 });
      const [oldest] = kinds.keys();
      if (kinds.size > mostKinds && oldest !== undefined) kinds.delete(oldest);
      return before?.times ?? 0;
    },
  };
}

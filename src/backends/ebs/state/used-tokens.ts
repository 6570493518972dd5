import type { VolumeName } from '../../../core/names.ts';

/**
 * Remembers which of a name's client tokens were used. EC2 makes no second volume from a token that it remembers, and it takes a
 * wait to find out whether a token is old or belongs to a host that creates the name at this moment.
 */
export interface UsedTokens {
  /** `at`: when the token made a volume, or the latest time at which it may have; milliseconds since the epoch. */
  used(name: VolumeName, attempt: number, at: number): void;
  /** It was refused, and the wait for its volume timed out. */
  waitedOut(name: VolumeName, attempt: number): void;
  /** A request with it was sent from here without an answer: it may have made a volume. */
  unanswered(name: VolumeName): void;
  isUnanswered(name: VolumeName): boolean;
  /** The last one, 0 if none is known. */
  last(name: VolumeName): number;
}

/** Milliseconds; less than EC2's twelve hours, so that hosts that create one name at once start with the same token. */
const memory = 11 * 3_600_000;
/** Milliseconds; short, because the time of its use is unknown, and only the repeated call must not wait again. */
const shortMemory = 10 * 60_000;

export function createUsedTokens(now: () => number): UsedTokens {
  const known = new Map<VolumeName, { readonly attempt: number; readonly until: number }>();

  const unanswered = new Map<VolumeName, number>();

  function last(name: VolumeName): number {
    const entry = known.get(name);
    return entry !== undefined && now() < entry.until ? entry.attempt : 0;
  }

  function note(name: VolumeName, attempt: number, until: number): void {
    if (!Number.isSafeInteger(attempt) || attempt <= last(name) || until <= now()) return;
    known.set(name, { attempt, until });
  }

  return {
    // The time in a tag may be far ahead.
    used: (name, attempt, at) => note(name, attempt, Math.min(at, now()) + memory),
    waitedOut: (name, attempt) => note(name, attempt, now() + shortMemory),
    unanswered: (name) => {
      for (const [other, until] of unanswered) if (until <= now()) unanswered.delete(other);
      unanswered.set(name, now() + shortMemory);
    },
    isUnanswered: (name) => (unanswered.get(name) ?? 0) > now(),
    last,
  };
}

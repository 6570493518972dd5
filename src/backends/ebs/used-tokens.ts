import type { VolumeName } from '../../core/names.ts';

/**
 * Which of a name's client tokens made volumes that may be gone since: a token that EC2 remembers makes no other volume, and
 * to find out that it is an old one, and not that of a host which creates the name at this moment, takes a wait.
 */
export interface UsedTokens {
  /** `at`: when a volume was made by it, or may have been at the latest; milliseconds since the epoch. */
  used(name: VolumeName, attempt: number, at: number): void;
  /** It was refused, and waited out in vain. */
  waitedOut(name: VolumeName, attempt: number): void;
  /** The last one, 0 when none is known. */
  last(name: VolumeName): number;
}

/** Milliseconds; less than EC2's twelve hours, so that hosts that create one name at once begin with the same token. */
const memory = 11 * 3_600_000;
/** Milliseconds: when it was used is not known, only the repeated call must not wait again. */
const shortMemory = 10 * 60_000;

export function createUsedTokens(now: () => number): UsedTokens {
  const known = new Map<VolumeName, { readonly attempt: number; readonly until: number }>();

  function last(name: VolumeName): number {
    const entry = known.get(name);
    return entry !== undefined && now() < entry.until ? entry.attempt : 0;
  }

  function note(name: VolumeName, attempt: number, until: number): void {
    if (!Number.isSafeInteger(attempt) || attempt <= last(name) || until <= now()) return;
    known.set(name, { attempt, until });
  }

  return {
    used: (name, attempt, at) => note(name, attempt, at + memory),
    waitedOut: (name, attempt) => note(name, attempt, now() + shortMemory),
    last,
  };
}

import type { Measured, Usage } from '../../core/usage.ts';
import type { Volume } from '../../core/volume.ts';
import { createUsageTable } from './table.ts';

/** How full the volumes were when last measured. Kept in memory: after a start, nothing is known before the first measurement. */
export interface KnownUsage {
  of(volume: Volume): Usage | undefined;
  /** `took`: milliseconds. */
  note(volume: Volume, measured: Measured | undefined, took: number): void;
  /** Whether the last measurement is at least this many milliseconds old. A slow measurement is repeated less often. */
  isDue(volume: Volume, interval: number): boolean;
  /** For a volume whose data or size was changed here. */
  forget(volume: Volume): void;
  /** Forgets all others. */
  keep(volumes: Iterable<Volume>): void;
  readonly size: number;
}

/** A measurement that took a second is repeated after this many seconds at the earliest. */
const rest = 20;

/**
 * `now`: milliseconds since the epoch. `sole`: no other host can write to a volume that is not mounted here, so its figures stay
 * valid.
 */
export function createKnownUsage(parts: { now(): number; readonly sole: boolean }): KnownUsage {
  /** By the volume's ID, which is not reused with the name. */
  const known = createUsageTable();

  function after(before: Usage | undefined, measured: Measured | undefined, at: number): Usage | undefined {
    if (measured === undefined) return before;
    const isLess = measured.usedBytes === undefined && before?.usedBytes !== undefined;
    return isLess && parts.sole ? before : { ...measured, measuredAt: at };
  }

  return {
    of: ({ id }) => known.get(id)?.usage,
    note({ id }, measured, took) {
      const at = parts.now();
      known.set(id, { usage: after(known.get(id)?.usage, measured, at), at, took });
    },
    isDue({ id }, interval) {
      const last = known.get(id);
      if (last === undefined) return true;
      const age = parts.now() - last.at;
      // Do not trust a clock that was set back.
      return age < 0 || age >= Math.max(interval, rest * last.took);
    },
    forget: ({ id }) => void known.delete(id),
    get size() {
      return known.size;
    },
    keep(volumes) {
      const kept = new Set<string>();
      for (const { id } of volumes) kept.add(id);
      for (const id of [...known.keys()]) if (!kept.has(id)) known.delete(id);
    },
  };
}

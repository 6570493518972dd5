import type { Log } from '../../core/log.ts';
import type { DriverName } from '../../core/names.ts';
import { type Fill, type FillLevel, levelAfter, type Measured, percentUsed } from '../../core/usage.ts';
import type { Volume } from '../../core/volume.ts';

/** Warns once when a volume, or the file system that several share, reaches 80, 90 and 100 per cent. */
export interface FillWarnings {
  note(volume: Volume, measured: Measured): void;
}

/** Kept in memory: a volume that is full at a start is reported again. */
export function createFillWarnings(driver: DriverName, log: Log): FillWarnings {
  const levels = new Map<string, FillLevel>();

  function tell(key: string, fill: Fill, who: Readonly<Record<string, string>>): void {
    const percent = percentUsed(fill);
    if (percent === undefined) return;
    const before = levels.get(key) ?? 0;
    const now = levelAfter(before, percent);
    if (now === 0) levels.delete(key);
    else levels.set(key, now);
    if (now <= before) return;
    const { usedBytes, sizeBytes, usedInodes, inodes } = fill;
    const level = now === 100 ? 'error' : 'warn';
    const figures = { percent, reached: now, usedBytes, sizeBytes, usedInodes, inodes };
    log.write(level, 'nearly-full', { driver, ...who, ...figures });
  }

  return {
    note({ name, id }, measured) {
      const { room } = measured;
      if (measured.of === 'volume') tell(`volume ${id}`, measured, { volume: name });
      else tell(`volume ${id}`, measured, { volume: name, of: measured.of });
      if (room !== undefined) tell(`${room.of} ${room.place}`, room, { [room.of]: room.place });
    },
  };
}

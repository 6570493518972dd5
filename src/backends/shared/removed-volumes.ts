import type { Log } from '../../core/log.ts';
import type { RemovedVolume, Volume } from '../../core/volume.ts';
import { inParallel } from './in-parallel.ts';
import type { UnreadableRecord } from './registry.ts';
import { erase, liveData, type RemovalParts } from './removal.ts';
import { refuseAborted } from './storage-errors.ts';
import type { TrashRecord } from './trash.ts';

const width = 8;

/** Removed volumes that can be brought back, newest first. */
export async function listRemovedVolumes(
  parts: RemovalParts,
  log: Log,
  signal: AbortSignal,
): Promise<readonly RemovedVolume[]> {
  const { records, unreadable } = await parts.trash.list(signal);
  reportUnreadable(log, parts.driver, unreadable);
  const present = await inParallel(records, width, async (record) => {
    refuseAborted(signal, 'The removed volumes could not be listed');
    return (await canComeBack(parts, record)) ? [record] : [];
  });
  return present
    .flat()
    .sort((a, b) => (a.removedAt < b.removedAt ? 1 : -1))
    .map(asRemoved);
}

/** Deletes what is over. One that cannot be deleted is logged and tried again by the next purge. */
export async function purgeRemovedVolumes(
  parts: RemovalParts,
  log: Log,
  signal: AbortSignal,
): Promise<readonly RemovedVolume[]> {
  const { records, unreadable } = await parts.trash.list(signal);
  reportUnreadable(log, parts.driver, unreadable);
  const purged: RemovedVolume[] = [];
  for (const record of records.filter((one) => isDue(one, parts.now()))) {
    refuseAborted(signal, 'The purge could not be finished');
    const deleted = await purgeOne(parts, log, record, signal);
    if (deleted !== undefined) purged.push(asRemoved(deleted));
  }
  return purged;
}

/** Tells the log of records that were passed over. */
export function reportUnreadable(log: Log, driver: string, unreadable: readonly UnreadableRecord[]): void {
  for (const { file, reason } of unreadable)
    log.write('error', 'record-unreadable', { driver, file, reason });
}

async function purgeOne(
  parts: RemovalParts,
  log: Log,
  record: TrashRecord,
  signal: AbortSignal,
): Promise<TrashRecord | undefined> {
  try {
    if ((await recordedUnder(parts, record.volume)) === 'this') return undefined;
    return (await erase(parts, record, signal)) && record;
  } catch (error) {
    log.write('warn', 'purge-failed', {
      driver: parts.driver,
      volume: record.volume.name,
      id: record.volume.id,
      error,
    });
    return undefined;
  }
}

function isDue(record: TrashRecord, now: number): boolean {
  return record.purgeAfter !== undefined && Date.parse(record.purgeAfter) <= now;
}

async function canComeBack(parts: RemovalParts, record: TrashRecord): Promise<boolean> {
  const { volume, kept } = record;
  const recorded = await recordedUnder(parts, volume);
  // A volume whose removal was not finished still exists.
  if (recorded === 'this') return false;
  if (kept === 'trash') return (await parts.files.facts(parts.trash.place(volume))) !== undefined;
  // What stands in the place of retained data belongs to the volume that has its name now.
  if (kept === 'in-place' && recorded === 'other') return false;
  return (await liveData(parts, volume)) !== undefined;
}

/** Whose record has the volume's name. One that cannot be read may be its own. */
async function recordedUnder(parts: RemovalParts, volume: Volume): Promise<'this' | 'other' | 'none'> {
  try {
    const recorded = await parts.registry.lookup(volume.name);
    if (recorded === undefined) return 'none';
    return recorded.id === volume.id ? 'this' : 'other';
  } catch {
    return 'this';
  }
}

function asRemoved({ volume, removedAt, purgeAfter }: TrashRecord): RemovedVolume {
  return purgeAfter === undefined ? { volume, removedAt } : { volume, removedAt, purgeAfter };
}

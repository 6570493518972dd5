import type { Log } from '../../../core/log.ts';
import type { RemovedVolume, Volume } from '../../../core/volume.ts';
import { inParallel } from '../../../core/waits/in-parallel.ts';
import { decidePurge } from '../removal-decisions.ts';
import { refuseAborted } from '../storage-errors.ts';
import type { UnreadableRecord } from './registry.ts';
import { erase, liveData, type RemovalParts } from './removal.ts';
import type { FoundTrash, TrashRecord } from './trash-record.ts';

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
  // A volume whose change of name was interrupted may have two records: an adopted one, and one whose place has other data by now.
  const all = present
    .flat()
    .toSorted((a, b) => Number(b.kept === 'in-place') - Number(a.kept === 'in-place'));
  const byId = new Map(all.map((record) => [record.volume.id, record]));
  return [...byId.values()].sort((a, b) => (a.removedAt < b.removedAt ? 1 : -1)).map(asRemoved);
}

/** Deletes volumes whose retention is over. A failure is logged, and the next purge tries again. */
export async function purgeRemovedVolumes(
  parts: RemovalParts,
  log: Log,
  signal: AbortSignal,
): Promise<readonly RemovedVolume[]> {
  const { records, unreadable } = await parts.trash.list(signal);
  reportUnreadable(log, parts.driver, unreadable);
  const purged: RemovedVolume[] = [];
  for (const record of records) {
    refuseAborted(signal, 'The purge could not be finished');
    if (record.formerly !== undefined && (await canComeBack(parts, record)))
      await parts.trash.dropFormer(record);
    if (!(await isOver(parts, log, record))) continue;
    const deleted = await purgeOne(parts, log, record, signal);
    if (deleted !== undefined) purged.push(asRemoved(deleted));
  }
  return purged;
}

/** Whether its data may be deleted now; logs a volume that is kept although the clock alone would delete it. */
async function isOver(parts: RemovalParts, log: Log, record: FoundTrash): Promise<boolean> {
  const { holds, retention, driver } = parts;
  const { volume, removedAt, kept } = record;
  const key = `${volume.id} ${removedAt}`;
  const now = parts.now();
  const decision = decidePurge({ key, ...record }, { holds, retention, now });
  if (decision.doubt !== undefined && holds.tellOnce(key)) {
    const fields = { driver, volume: volume.name, id: volume.id, reason: decision.doubt };
    log.write('warn', 'purge-held', fields);
  }
  if (decision.note !== undefined)
    await note(parts, log, record, { volume, kept, removedAt: toldRemoval(record, now), ...decision.note });
  return decision.isDue;
}

/** When it was removed, if that can be trusted. */
function toldRemoval({ isSealed, isBare, hold, removedAt }: FoundTrash, now: number): string {
  const isBelieved = (isSealed && hold !== undefined) || (!isBare && Date.parse(removedAt) <= now);
  return isBelieved ? removedAt : new Date(now).toISOString();
}

/** If this cannot be noted now, as on a full disk, a later purge does it; until then, the time counts only in memory. */
async function note(parts: RemovalParts, log: Log, found: FoundTrash, noted: TrashRecord): Promise<void> {
  const { driver, trash } = parts;
  const { name: volume, id } = found.volume;
  try {
    if (await isStillSo(parts, found)) await trash.put(noted);
  } catch (error) {
    log.write('warn', 'purge-failed', { driver, volume, id, error });
  }
}

/** A purge that deletes much takes hours: since its list, the volume may have been brought back, and even removed again. */
async function isStillSo({ trash }: RemovalParts, record: FoundTrash): Promise<boolean> {
  return (await trash.find(record.volume))?.removedAt === record.removedAt;
}

/** Logs the records that were skipped. */
export function reportUnreadable(log: Log, driver: string, unreadable: readonly UnreadableRecord[]): void {
  for (const { file, reason } of unreadable)
    log.write('error', 'record-unreadable', { driver, file, reason });
}

async function purgeOne(
  parts: RemovalParts,
  log: Log,
  record: FoundTrash,
  signal: AbortSignal,
): Promise<TrashRecord | undefined> {
  try {
    if (!(await isStillSo(parts, record))) return undefined;
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

async function canComeBack(parts: RemovalParts, record: TrashRecord): Promise<boolean> {
  const { volume, kept } = record;
  const recorded = await recordedUnder(parts, volume);
  // A volume whose removal was not finished still exists.
  if (recorded === 'this') return false;
  if (kept === 'trash') return (await parts.files.facts(parts.trash.place(volume))) !== undefined;
  // Data at the place of retained data belongs to the volume that has the name now.
  if (kept === 'in-place' && recorded === 'other') return false;
  return (await liveData(parts, volume)) !== undefined;
}

/** Whose record has the volume's name. An unreadable one may be its own. */
async function recordedUnder(parts: RemovalParts, volume: Volume): Promise<'this' | 'other' | 'none'> {
  try {
    const recorded = await parts.registry.lookup(volume.name);
    if (recorded === undefined) return 'none';
    return recorded.id === volume.id ? 'this' : 'other';
  } catch {
    return 'this';
  }
}

export function asRemoved({ volume, removedAt, purgeAfter }: TrashRecord): RemovedVolume {
  return purgeAfter === undefined ? { volume, removedAt } : { volume, removedAt, purgeAfter };
}

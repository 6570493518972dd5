import { dirname } from 'node:path';
import type { Volume } from '../../../core/volume.ts';
import { decideRemoval, isDueAtOnce } from '../removal-decisions.ts';
import { isOutOfSpace, removeWithoutSpace } from './full-disk.ts';
import {
  bringBack,
  doingOf,
  erase,
  liveData,
  moveAway,
  type RemovalParts,
  removeIfThere,
} from './removal.ts';
import type { TrashRecord } from './trash.ts';

/**
 * Removes a recorded volume. Its record reserves the name until everything is in place, so nobody can create it again in the
 * meantime: the trash's record is written, the data moved, and the volume's record removed last. If this is interrupted anywhere,
 * repeating it leads to the same result; if it is not repeated, the next stage brings the data back (`bringBack`). If there is no
 * room for another record, `removeWithoutSpace` does the same without one.
 */
export async function removeVolume(parts: RemovalParts, volume: Volume, signal: AbortSignal): Promise<void> {
  const recorded = await parts.registry.lookup(volume.name);
  if (recorded?.id === volume.id) await forget(parts, volume, signal);
  const record = await parts.trash.find(volume);
  if (record?.isSealed && isDueAtOnce(record)) await erase(parts, record, signal);
}

async function forget(parts: RemovalParts, volume: Volume, signal: AbortSignal): Promise<void> {
  const record = trashRecordOf(parts, volume);
  await bringBack(parts, volume);
  const data = await liveData(parts, volume);
  if (data !== undefined) {
    auditRemoval(parts, record, data);
    try {
      if (record.kept === 'trash') await moveToTrash(parts, record, data);
      else await parts.trash.put(record);
    } catch (error) {
      if (!isOutOfSpace(error)) throw error;
      return removeWithoutSpace(parts, { record, data, error }, signal);
    }
  }
  // Left by an interrupted removal that had no record of its own.
  await removeIfThere(parts.files, doingOf(volume), parts.trash.purgingPlace(volume), signal);
  await parts.registry.remove(volume.name);
}

/**
 * Record and data reach the disk together, by one sync of each directory: as long as the volume's own record is there, any part of
 * this is as good as none.
 */
async function moveToTrash(parts: RemovalParts, record: TrashRecord, data: string): Promise<void> {
  const { files, trash } = parts;
  await trash.put(record, 'unsynced');
  await moveAway(parts, data, trash.place(record.volume), 'unsynced');
  await files.sync([trash.directory, dirname(data)]);
}

/** What a removal now would record. */
export function trashRecordOf(parts: RemovalParts, volume: Volume): TrashRecord {
  return { volume, ...decideRemoval({ ...parts, now: parts.now() }, parts.placeOf(volume).kind) };
}

function auditRemoval(parts: RemovalParts, record: TrashRecord, data: string): void {
  const { driver, audit, onRemove, trash } = parts;
  const volume = record.volume.name;
  const removed = `volume ${record.volume.id} was removed by request`;
  if (record.kept !== 'trash') {
    audit({ act: 'retain', driver, volume, evidence: `${removed}; its data stays at ${data}` });
  } else if (onRemove === 'trash') {
    const until = `undeletable until ${record.purgeAfter}`;
    audit({
      act: 'trash',
      driver,
      volume,
      evidence: `${removed}; ${data} goes to ${trash.place(record.volume)}, ${until}`,
    });
  }
}

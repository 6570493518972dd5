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
import type { TrashRecord } from './trash-record.ts';

/**
 * Removes a recorded volume. Its record reserves the name until everything is in place, so nobody can create it again in the
 * meantime: the data is moved, and then the volume's record becomes that of the trash. If this is interrupted anywhere, repeating it
 * leads to the same result; if it is not repeated, the next stage brings the data back (`bringBack`). If there is no room for the
 * record's new text, `removeWithoutSpace` does the same without it.
 */
export async function removeVolume(parts: RemovalParts, volume: Volume, signal: AbortSignal): Promise<void> {
  const recorded = await parts.registry.lookup(volume.name);
  const written = recorded?.id === volume.id ? await forget(parts, volume, signal) : undefined;
  const record = written ?? (await sealedRecord(parts, volume));
  if (record !== undefined && isDueAtOnce(record)) await erase(parts, record, signal);
}

/** Only a record with a checksum causes a deletion. */
async function sealedRecord({ trash }: RemovalParts, volume: Volume): Promise<TrashRecord | undefined> {
  const found = await trash.find(volume);
  return found?.isSealed === true ? found : undefined;
}

/** Returns the trash's record, if this wrote one. */
async function forget(
  parts: RemovalParts,
  volume: Volume,
  signal: AbortSignal,
): Promise<TrashRecord | undefined> {
  const record = trashRecordOf(parts, volume);
  const data = await presentData(parts, volume);
  if (data === undefined) {
    // Left by an interrupted removal that had no record of its own.
    await removeIfThere(parts.files, doingOf(volume), parts.trash.purgingPlace(volume), signal);
    await parts.registry.remove(volume.name);
    return undefined;
  }
  auditRemoval(parts, record, data);
  try {
    await moveToTrash(parts, record, data);
    return record;
  } catch (error) {
    if (!isOutOfSpace(error)) throw error;
    // The record is in the trash already and lacks only the time, as after a removal without space.
    if ((await parts.registry.lookup(volume.name))?.id !== volume.id) return undefined;
    await bringBack(parts, volume);
    await removeWithoutSpace(parts, { record, data, error }, signal);
    return undefined;
  }
}

/** One look, if the data is in its place. */
async function presentData(parts: RemovalParts, volume: Volume): Promise<string | undefined> {
  const data = await liveData(parts, volume);
  if (data !== undefined) return data;
  await bringBack(parts, volume);
  return liveData(parts, volume);
}

/**
 * The moved data reaches the disk together with the new text of the record: as long as the volume's own record is there, any part of
 * this is as good as none. So another host that mounts the volume meanwhile may have brought the data back: then it is moved again.
 */
async function moveToTrash(parts: RemovalParts, record: TrashRecord, data: string): Promise<void> {
  const { registry, trash } = parts;
  const isMoved = record.kept === 'trash';
  if (isMoved) await moveAway(parts, data, trash.place(record.volume), 'unsynced');
  const after = isMoved ? [trash.directory, dirname(data)] : [];
  await trash.take(record, registry.fileOf(record.volume.name), after);
  if (!isMoved || (await parts.files.facts(trash.place(record.volume)))) return;
  const back = await liveData(parts, record.volume);
  if (back !== undefined) await moveAway(parts, back, trash.place(record.volume));
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

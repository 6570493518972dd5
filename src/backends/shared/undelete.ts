import type { RemovedVolume, Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { liveData, type RemovalParts } from './removal.ts';
import { errnoOf } from './storage-errors.ts';
import type { TrashRecord } from './trash.ts';

/**
 * Brings a removed volume back. Its record comes first and reserves the name, so a crash leaves what an unfinished removal
 * leaves, and repeating either of them comes to its end.
 */
export async function undeleteVolume(parts: RemovalParts, removed: RemovedVolume): Promise<Volume> {
  const { volume } = removed;
  const record = await parts.trash.find(volume);
  const recorded = await parts.registry.lookup(volume.name);
  if (recorded !== undefined && recorded.id !== volume.id) throw nameTaken(recorded);
  if (record === undefined) {
    if (recorded !== undefined) return recorded;
    throw dataGone(volume);
  }
  await refuseGone(parts, record, recorded);
  parts.audit({
    act: 'undelete',
    driver: parts.driver,
    volume: volume.name,
    evidence: `volume ${volume.id}, removed at ${record.removedAt}, was asked back; its data is in place or in the trash`,
  });
  if (recorded === undefined && !(await parts.registry.add(volume))) throw nameTaken(volume);
  await moveBack(parts, record);
  await parts.trash.drop(record);
  return volume;
}

async function refuseGone(
  parts: RemovalParts,
  record: TrashRecord,
  recorded: Volume | undefined,
): Promise<void> {
  const { volume } = record;
  const live = await liveData(parts, volume);
  // What stands in the volume's place is its own data if it was kept there, or if its removal was not finished.
  const own = record.kept !== 'trash' || recorded !== undefined;
  const trashed =
    record.kept === 'trash' && (await parts.files.facts(parts.trash.place(volume))) !== undefined;
  if (live !== undefined && trashed) throw placeTaken(volume, live);
  if (!trashed && !(own && live !== undefined)) throw dataGone(volume);
}

async function moveBack(parts: RemovalParts, record: TrashRecord): Promise<void> {
  const { volume } = record;
  const place = parts.placeOf(volume);
  if (record.kept !== 'trash' || place.kind === 'adopted') return;
  if ((await liveData(parts, volume)) !== undefined) return;
  try {
    await parts.files.rename(parts.trash.place(volume), place.paths[0]);
  } catch (error) {
    // Purged, or its place taken, since the look: the name is given free again.
    await parts.registry.remove(volume.name);
    throw errnoOf(error) === 'EEXIST' ? placeTaken(volume, place.paths[0]) : dataGone(volume, error);
  }
}

function nameTaken(volume: Volume): VolumeError {
  return new VolumeError(
    'conflict',
    `Volume ${volume.name} could not be brought back: another volume has its name since. Remove that one first.`,
  );
}

function placeTaken(volume: Volume, path: string): VolumeError {
  return new VolumeError(
    'conflict',
    `Volume ${volume.name} could not be brought back: ${path} stands in its place. Move it away, then repeat.`,
  );
}

function dataGone(volume: Volume, cause?: unknown): VolumeError {
  return new VolumeError(
    'not-found',
    `Volume ${volume.name} (${volume.id}) could not be brought back: its data is not there any more.`,
    { cause },
  );
}

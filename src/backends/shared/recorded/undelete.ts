import type { RemovedVolume, Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { dataGone, nameTakenSince } from '../name-conflicts.ts';
import { errnoOf } from '../storage-errors.ts';
import { liveData, type RemovalParts } from './removal.ts';
import type { TrashRecord } from './trash-record.ts';

/**
 * Brings a removed volume back. Its record is written first and reserves the name, so a crash leaves the same as an unfinished
 * removal, and repeating either of them completes it.
 */
export async function undeleteVolume(parts: RemovalParts, removed: RemovedVolume): Promise<Volume> {
  const { volume } = removed;
  const found = await requireRecoverable(parts, removed);
  if (found.kind === 'back') return found.volume;
  const { record, recorded } = found;
  parts.audit({
    act: 'undelete',
    driver: parts.driver,
    volume: volume.name,
    evidence: `volume ${volume.id}, removed at ${record.removedAt}, was asked back; its data is in place or in the trash`,
  });
  // Left by an interrupted change of its name: a purge would take it for a removed volume, and delete the snapshots of this one.
  for (const stale of await parts.trash.otherNames(volume, 'without data'))
    await parts.trash.dropNamed(volume, stale);
  if (recorded === undefined && !(await parts.registry.add(volume))) throw nameTakenSince(volume);
  await moveBack(parts, record);
  await parts.trash.dropFormer(record);
  await parts.trash.drop(record);
  return volume;
}

type Recoverable =
  /** An earlier attempt was completed. */
  | { readonly kind: 'back'; readonly volume: Volume }
  | { readonly kind: 'removed'; readonly record: TrashRecord; readonly recorded: Volume | undefined };

/** Throws `conflict` if the name or the place is taken, and `not-found` if the data is gone. */
export async function requireRecoverable(
  parts: RemovalParts,
  { volume }: RemovedVolume,
): Promise<Recoverable> {
  const record = await parts.trash.find(volume);
  const recorded = await parts.registry.lookup(volume.name);
  if (recorded !== undefined && recorded.id !== volume.id) throw nameTakenSince(recorded);
  if (record !== undefined) {
    await refuseGone(parts, record, recorded);
    return { kind: 'removed', record, recorded };
  }
  if (recorded !== undefined) return { kind: 'back', volume: recorded };
  throw dataGone(volume);
}

async function refuseGone(
  parts: RemovalParts,
  record: TrashRecord,
  recorded: Volume | undefined,
): Promise<void> {
  const { volume } = record;
  const live = await liveData(parts, volume);
  // Data at the volume's place is its own if it was kept there, or if its removal was not finished.
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
    // It was purged, or its place taken, since the look: free the name again.
    await parts.registry.remove(volume.name);
    throw errnoOf(error) === 'EEXIST' ? placeTaken(volume, place.paths[0]) : dataGone(volume, error);
  }
}

export function placeTaken(volume: Volume, path: string): VolumeError {
  return new VolumeError(
    'conflict',
    `Volume ${volume.name} could not be brought back: ${path} is in its place. Move it away, then retry.`,
  );
}

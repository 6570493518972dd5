import type { RemovedVolume, Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { dataGone, nameTakenFor } from '../name-conflicts.ts';
import { errnoOf } from '../storage-errors.ts';
import { liveData, type RemovalParts } from './removal.ts';
import { asRemoved } from './removed-volumes.ts';
import type { FoundTrash, TrashRecord } from './trash.ts';
import { placeTaken } from './undelete.ts';

/**
 * Gives a removed volume another name while it is in the trash: its record is written under that name first, then its data is moved, and
 * the earlier record is dropped last. So it can be brought back at every moment, under the name by which it is listed. A volume that has
 * its earlier name now is not touched. `volume`: as it is under the new name.
 */
export async function renameRemoved(
  parts: RemovalParts,
  removed: RemovedVolume,
  volume: Volume,
): Promise<RemovedVolume> {
  const { trash, files, audit, driver } = parts;
  const { name } = volume;
  const record = await requireRenamable(parts, removed, volume);
  const renamed = renamedRecord(record, volume, parts.now());
  const evidence = `removed volume ${record.volume.name}, ${record.volume.id}, is to be brought back as ${name}`;
  audit({ act: 'undelete', driver, volume: name, evidence });
  await trash.put(renamed);
  if (record.kept === 'trash')
    await files.rename(trash.place(record.volume), trash.place(renamed.volume)).catch(async (error) => {
      await trash.drop(renamed);
      // It was brought back or purged since the look.
      throw errnoOf(error) === 'ENOENT' ? dataGone(record.volume, error) : error;
    });
  await trash.drop(record);
  return asRemoved(renamed);
}

/** A record that does not prove when the volume was removed begins its retention again. */
function renamedRecord(found: FoundTrash, volume: Volume, now: number): TrashRecord {
  const { isSealed, isBare, ...record } = found;
  if (isSealed && !isBare) return { ...record, volume };
  return { volume, kept: record.kept, removedAt: new Date(now).toISOString() };
}

/** Throws `conflict` if a volume has the name, or the place is taken, and `not-found` if the data is gone. */
export async function requireRenamable(
  parts: RemovalParts,
  { volume }: RemovedVolume,
  renamed: Volume,
): Promise<FoundTrash> {
  const { registry, trash, files } = parts;
  const record = await trash.find(volume);
  if (record === undefined) throw dataGone(volume);
  if (record.kept === 'in-place') throw keptInPlace(volume, (await liveData(parts, volume)) ?? 'its place');
  if ((await registry.lookup(volume.name))?.id === volume.id) throw notWhollyRemoved(volume);
  if ((await registry.lookup(renamed.name)) !== undefined) throw nameTakenFor(volume, renamed.name);
  if (record.kept === 'adopted') return record;
  const live = await liveData(parts, renamed);
  if (live !== undefined) throw placeTaken(renamed, live);
  if ((await files.facts(trash.place(volume))) === undefined) throw dataGone(volume);
  return record;
}

function keptInPlace({ name }: Volume, place: string): VolumeError {
  return new VolumeError(
    'invalid',
    `Volume ${name} could not be brought back under another name: its data was retained at ${place}, which belongs to its name. Bring it back under its own name.`,
  );
}

function notWhollyRemoved({ name }: Volume): VolumeError {
  return new VolumeError(
    'conflict',
    `Volume ${name} could not be brought back under another name: its removal was not finished, so it still exists. Remove it again first.`,
  );
}

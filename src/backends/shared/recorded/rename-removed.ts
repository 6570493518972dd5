import type { RemovedVolume, Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { dataGone, nameTakenFor } from '../name-conflicts.ts';
import { errnoOf } from '../storage-errors.ts';
import { liveData, type RemovalParts } from './removal.ts';
import { asRemoved } from './removed-volumes.ts';
import type { FoundTrash, TrashRecord } from './trash-record.ts';
import { placeTaken } from './undelete.ts';

/**
 * Gives a removed volume another name while it is in the trash, where retained data goes too, to stay until it is brought back. Its
 * record is written under that name first, then its data is moved, and the earlier record is dropped last, so it can be brought back at
 * every moment, under the name by which it is listed. A volume that has its earlier name now is not touched. `volume`: as it is under the
 * new name.
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
  if (trash.fileOf(renamed) === trash.fileOf(record)) return asRemoved(record);
  await trash.put(renamed);
  const data = await dataOf(parts, record);
  const to = trash.place(renamed.volume);
  if (data !== undefined)
    await files.rename(data, to).catch(async (error) => {
      // Another host has given it the same name since the look: the record is that one's too.
      if (await files.facts(to)) return;
      await trash.drop(renamed);
      // It was brought back or purged since the look.
      throw errnoOf(error) === 'ENOENT' ? dataGone(record.volume, error) : error;
    });
  await trash.drop(record);
  return asRemoved(renamed);
}

/** Where the data is that is moved; undefined: it is somebody else's. */
async function dataOf(parts: RemovalParts, { kept, volume }: TrashRecord): Promise<string | undefined> {
  if (kept === 'adopted') return undefined;
  return kept === 'trash' ? parts.trash.place(volume) : liveData(parts, volume);
}

/** A record that does not prove when the volume was removed begins its retention again. */
function renamedRecord(found: FoundTrash, volume: Volume, now: number): TrashRecord {
  const { isSealed, isBare, ...record } = found;
  const kept =
    found.kept === 'in-place'
      ? ({ kept: 'trash', formerly: found.volume.name } as const)
      : { kept: found.kept };
  if (isSealed && !isBare) return { ...record, ...kept, volume };
  return { volume, ...kept, removedAt: new Date(now).toISOString() };
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
  const recorded = await registry.lookup(volume.name);
  if (recorded?.id === volume.id) throw notWhollyRemoved(volume);
  // Data at the place of retained data belongs to the volume that has the name now.
  if (record.kept === 'in-place' && recorded !== undefined) throw dataGone(volume);
  if ((await registry.lookup(renamed.name)) !== undefined) throw nameTakenFor(volume, renamed.name);
  if (record.kept === 'adopted') return record;
  const live = await liveData(parts, renamed);
  if (live !== undefined) throw placeTaken(renamed, live);
  const data = await dataOf(parts, record);
  if (data === undefined || (await files.facts(data)) === undefined) throw dataGone(volume);
  return record;
}

function notWhollyRemoved({ name }: Volume): VolumeError {
  return new VolumeError(
    'conflict',
    `Volume ${name} could not be brought back under another name: its removal was not finished, so it still exists. Remove it again first.`,
  );
}

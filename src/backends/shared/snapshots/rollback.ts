import { basename } from 'node:path';
import type { Snapshot } from '../../../core/protect/snapshot.ts';
import type { RemovedVolume, Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { DataFate } from '../../backend.ts';
import { fateOf } from '../recorded/foresee.ts';
import type { RecordedStorage } from '../recorded/storage.ts';
import { decideRemoval } from '../removal-decisions.ts';
import { refuseAborted } from '../storage-errors.ts';
import { requireData, seeData } from './clone.ts';
import { type CopyParts, makeCopy, requireCopies } from './make-copy.ts';
import { keepNext, placeNext } from './next-data.ts';
import { copyPlaces, nextName } from './places.ts';
import { clearUnneeded } from './second-name.ts';

/**
 * First makes a complete copy of the snapshot under the volume's ID. Then moves the previous data to the trash, and the copy to
 * its place. After an interruption before the first move, the copy is cleared; after the first move, the next mount completes
 * the work.
 */
export async function rollbackVolume(
  parts: CopyParts,
  volume: Volume,
  snapshot: Snapshot,
  keptAs: string,
  signal: AbortSignal,
): Promise<RemovedVolume> {
  const { storage } = parts;
  const { trash, files } = storage;
  const doing = `Volume ${volume.name} could not be rolled back`;
  const before: Volume = { ...volume, id: keptAs };
  const done = await trash.find(before);
  if (done !== undefined && (await files.facts(trash.place(before)))) {
    await requireData(storage, volume, doing);
    return asRemoved(done);
  }
  const data = await requireData(storage, volume, doing);
  try {
    await prepareNext(parts, { volume, snapshot, keptAs }, doing, signal);
    // Another host may have the lock by now.
    refuseAborted(signal, doing);
    return await exchange(storage, { volume, before, snapshot, data });
  } catch (error) {
    if (!signal.aborted) await clearNext(storage, before, volume, data).catch(() => undefined);
    throw error;
  }
}

/** On a full disk, what this leaves would be in the way of everything. Once the data is moved, the next mount needs it. */
async function clearNext(
  storage: RecordedStorage,
  before: Volume,
  volume: Volume,
  data: string,
): Promise<void> {
  if ((await storage.files.facts(data)) === undefined) return;
  const { nextPart } = copyPlaces(storage.layout.snapshots, volume.id);
  for (const name of [basename(nextPart(before.id)), nextName])
    await clearUnneeded(storage, volume.id, name, new AbortController().signal);
}

/** Makes the checks of `rollbackVolume`, in the same order, and no change. */
export async function foreseeRollback(
  parts: CopyParts,
  volume: Volume,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<DataFate> {
  const { storage } = parts;
  const doing = `Volume ${volume.name} could not be rolled back`;
  await seeData(storage, volume, doing);
  const from = copyPlaces(storage.layout.snapshots, volume.id).data(snapshot.name);
  await requireCopies(parts, { source: volume, from, mountpoint: undefined }, doing, signal);
  return fateOf(decideKept(storage));
}

async function prepareNext(
  parts: CopyParts,
  { volume, snapshot, keptAs }: Pick<Exchange, 'volume' | 'snapshot'> & { readonly keptAs: string },
  doing: string,
  signal: AbortSignal,
): Promise<void> {
  const places = copyPlaces(parts.storage.layout.snapshots, volume.id);
  // Left by an interrupted rollback, perhaps to another snapshot: the volume has its data, so nobody needs it.
  if ((await clearUnneeded(parts.storage, volume.id, nextName, signal)) === 'has-another-name')
    throw new VolumeError(
      'unavailable',
      `${doing}: a server still shows its data as ${places.next}, because it missed a change of name. Retry once it is healed.`,
    );
  const from = places.data(snapshot.name);
  const about = { volume: volume.name, source: volume, ownerId: volume.id };
  const how = { mountpoint: undefined, access: 'read-write', isLive: false } as const;
  const copied = { ...about, from, part: places.nextPart(keptAs), ...how };
  await makeCopy(parts, copied, doing, signal);
  await keepNext(parts.storage, places, places.nextPart(keptAs));
}

interface Exchange {
  readonly volume: Volume;
  readonly before: Volume;
  readonly snapshot: Snapshot;
  readonly data: string;
}

async function exchange(
  storage: RecordedStorage,
  { volume, before, snapshot, data }: Exchange,
): Promise<RemovedVolume> {
  const { trash, files, audit, driver } = storage;
  const record = { volume: before, ...decideKept(storage) };
  audit({
    act: 'rollback',
    driver,
    volume: volume.name,
    evidence: `by request to snapshot ${snapshot.name} of ${snapshot.createdAt}; ${data} goes to ${trash.place(before)}, and can be brought back as ${before.id}`,
  });
  await trash.put(record);
  await files.rename(data, trash.place(before));
  const place = storage.placeOf(volume);
  if (place.kind === 'owned') await placeNext(storage, volume, place.paths[0]);
  return asRemoved(record);
}

/** Even a driver that deletes at once keeps it in the trash, because the rollback may have been a mistake. */
function decideKept(storage: RecordedStorage) {
  const decided = decideRemoval({ ...storage, onRemove: 'trash', now: storage.now() }, 'owned');
  const { removedAt, kept } = decided;
  return storage.onRemove === 'retain' ? { removedAt, kept } : decided;
}

function asRemoved({ volume, removedAt, purgeAfter }: RemovedVolume): RemovedVolume {
  return purgeAfter === undefined ? { volume, removedAt } : { volume, removedAt, purgeAfter };
}

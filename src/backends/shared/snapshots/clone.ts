import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { CloneSource } from '../../backend.ts';
import { isRestriction } from '../options/directory-options.ts';
import { isOfCopying } from '../options/from-option.ts';
import { createVolume, requireFree } from '../recorded/create-volume.ts';
import type { DataKind } from '../recorded/data-kind.ts';
import { bringBack, liveData } from '../recorded/removal.ts';
import type { RecordedStorage } from '../recorded/storage.ts';
import { errnoOf } from '../storage-errors.ts';
import { type CopyParts, makeCopy, requireCopies } from './make-copy.ts';
import { keepNext, placeNext, syncNext } from './next-data.ts';
import { copyPlaces } from './places.ts';

/**
 * As `createVolume`: a complete copy waits under the volume's ID, the volume is recorded, and then its data gets its place. If it is
 * interrupted after the record, the next mount finishes it.
 */
export function cloneVolume(
  parts: CopyParts,
  volume: Volume,
  source: CloneSource,
  signal: AbortSignal,
): Promise<Volume> {
  const { storage } = parts;
  requireSameData(volume, source);
  const making: Pick<DataKind, 'prepare' | 'unsynced' | 'settle'> = {
    prepare: () => prepareClone(parts, volume, source, signal),
    unsynced: () => [],
    settle: () => settleClone(storage, volume),
  };
  return createVolume(storage, volume, signal, making);
}

/** Makes the checks of `cloneVolume`, in the same order, and no change. */
export async function foreseeClone(
  parts: CopyParts,
  volume: Volume,
  source: CloneSource,
  signal: AbortSignal,
): Promise<void> {
  const { storage } = parts;
  const doing = `Volume ${volume.name} could not be created`;
  requireSameData(volume, source);
  if ((await requireFree(storage, volume)) !== undefined) return;
  const occupied = await liveData(storage, volume);
  if (occupied !== undefined) throw inItsPlace(volume, occupied);
  await requirePlace(parts, volume, source, signal);
  const { from, of, mountpoint } = await dataOf(storage, source, (owner) => seeData(storage, owner, doing));
  await requireCopies(parts, { source: of, from, mountpoint }, doing, signal);
}

async function prepareClone(
  parts: CopyParts,
  volume: Volume,
  source: CloneSource,
  signal: AbortSignal,
): Promise<Volume> {
  const { storage } = parts;
  const doing = `Volume ${volume.name} could not be created`;
  const occupied = await liveData(storage, volume);
  if (occupied !== undefined) throw inItsPlace(volume, occupied);
  const places = copyPlaces(storage.layout.snapshots, volume.id);
  const part = places.nextPart(volume.id);
  // Whole, but the call that made it may have been killed before it was durable.
  if (await storage.files.facts(places.next)) {
    await syncNext(storage, places);
    return volume;
  }
  await requirePlace(parts, volume, source, signal);
  const { from, of, mountpoint } = await dataOf(storage, source, (owner) =>
    requireData(storage, owner, doing),
  );
  storage.audit({
    act: 'clone',
    driver: storage.driver,
    volume: volume.name,
    evidence: `a copy of ${from}, the data of ${words(source)}, is made for volume ${volume.id}`,
  });
  const copied = {
    ...(source.kind === 'volume' ? { dataOf: source.volume.name } : {}),
    volume: volume.name,
    source: of,
    from,
    ownerId: volume.id,
    part,
    mountpoint,
    access: 'read-write',
    isLive: source.kind === 'volume' && volume.options.whileInUse === 'true',
  } as const;
  await makeCopy(parts, copied, doing, signal);
  await keepNext(storage, places, part);
  return volume;
}

async function requirePlace(
  { copiesOf }: CopyParts,
  volume: Volume,
  source: CloneSource,
  signal: AbortSignal,
): Promise<void> {
  const copies = copiesOf(source.kind === 'volume' ? source.volume : source.snapshot.volume);
  if (copies.kind === 'copies') await copies.requirePlace(volume, signal);
}

async function settleClone(storage: RecordedStorage, volume: Volume): Promise<void> {
  const place = storage.placeOf(volume);
  if (place.kind === 'adopted') return;
  try {
    await placeNext(storage, volume, place.paths[0]);
  } catch (error) {
    throw errnoOf(error) === 'EEXIST' ? inItsPlace(volume, place.paths[0]) : error;
  }
  await storage.files.removeDirectory(copyPlaces(storage.layout.snapshots, volume.id).directory);
}

async function dataOf(
  storage: RecordedStorage,
  source: CloneSource,
  find: (volume: Volume) => Promise<string>,
): Promise<{ readonly from: string; readonly of: Volume; readonly mountpoint: string | undefined }> {
  if (source.kind === 'snapshot') {
    const { snapshot } = source;
    const places = copyPlaces(storage.layout.snapshots, snapshot.volume.id);
    return { from: places.data(snapshot.name), of: snapshot.volume, mountpoint: undefined };
  }
  const { mountpoint } = source;
  const volume = storage.admit(source.volume);
  return { from: await find(volume), of: volume, mountpoint };
}

/** Where the volume's data is, in its place again after an interrupted change. Throws `unavailable` if it is missing. */
export async function requireData(storage: RecordedStorage, volume: Volume, doing: string): Promise<string> {
  const present = await liveData(storage, volume);
  if (present !== undefined) return present;
  await bringBack(storage, volume);
  const data = await liveData(storage, volume);
  if (data !== undefined) return data;
  throw missing(volume, doing);
}

/** Where it is now, perhaps as an interrupted change left it. Changes nothing. */
export async function seeData(storage: RecordedStorage, volume: Volume, doing: string): Promise<string> {
  const { files, layout, trash } = storage;
  const data = await liveData(storage, volume);
  if (data !== undefined) return data;
  const left = [trash.place(volume), copyPlaces(layout.snapshots, volume.id).next];
  for (const path of left) if (await files.facts(path)) return path;
  throw missing(volume, doing);
}

function missing({ name }: Volume, doing: string): VolumeError {
  return new VolumeError(
    'unavailable',
    `${doing}: the data of volume ${name} is missing: mount the disk or restore it.`,
  );
}

/** What is in the data itself, such as its size, is the source's. */
function requireSameData(volume: Volume, source: CloneSource): void {
  const { options } = source.kind === 'snapshot' ? source.snapshot.volume : source.volume;
  // Where its directory is, and how that is mounted, is the copy's own.
  const own = ['readOnly', 'subdir', 'isolation', 'mountOptions'];
  const keys = [...new Set([...Object.keys(options), ...Object.keys(volume.options)])];
  const differing = keys
    .filter(
      (key) =>
        !isOfCopying(key) &&
        !own.includes(key) &&
        !isRestriction(key) &&
        options[key] !== volume.options[key],
    )
    .sort();
  if (differing.length === 0) return;
  throw new VolumeError(
    'invalid',
    `Volume ${volume.name} could not be created: a copy has the ${differing.join(', ')} of ${words(source)}: leave ` +
      `${differing.length === 1 ? 'that option' : 'these options'} out. A volume with a size can be enlarged afterwards.`,
  );
}

function words(source: CloneSource): string {
  if (source.kind === 'volume') return `volume ${source.volume.name}`;
  return `snapshot ${source.snapshot.name} of volume ${source.snapshot.volume.name}`;
}

function inItsPlace({ name }: Volume, path: string): VolumeError {
  return new VolumeError(
    'conflict',
    `Volume ${name} could not be created: ${path} already exists, and no volume's record names it. Move it away, then retry.`,
  );
}

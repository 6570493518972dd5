import { isUnreadableSnapshot, type Snapshot } from '../../../core/protect/snapshot.ts';
import { reported } from '../../../core/waits/progress.ts';
import { refuseAborted } from '../storage-errors.ts';
import { requireData, seeData } from './clone.ts';
import { type CopyParts, clearTree, makeCopy, requireCopies } from './make-copy.ts';
import { type CopyPlaces, copyPlaces } from './places.ts';
import type { SnapshotRecords } from './records.ts';
import { requireSame } from './same-snapshot.ts';

export interface TakeParts extends CopyParts {
  readonly records: SnapshotRecords;
}

/**
 * Makes the copy first, then the record, and then gives the copy its name: so a half-made snapshot is never listed. Copy and record reach the
 * disk together, before that name.
 */
export async function takeSnapshot(
  parts: TakeParts,
  snapshot: Snapshot,
  mountpoint: string | undefined,
  signal: AbortSignal,
): Promise<Snapshot> {
  const { storage, records } = parts;
  const { volume, name } = snapshot;
  const doing = `Snapshot ${name} of volume ${volume.name} could not be made`;
  const places = copyPlaces(storage.layout.snapshots, volume.id);
  const present = await records.find(places, volume.id, name);
  if (present !== undefined) return requireSame(present, snapshot);
  const from = await requireData(storage, storage.admit(volume), doing);
  const part = places.part(name, snapshot.id);
  const about = { volume: volume.name, dataOf: volume.name, source: volume, ownerId: volume.id };
  const isLive = snapshot.consistency === 'live';
  await makeCopy(parts, { ...about, from, part, mountpoint, access: 'read-only', isLive }, doing, signal);
  try {
    refuseAborted(signal, doing);
    await records.put(places, snapshot, part);
    await storage.files.rename(part, places.data(name));
  } catch (error) {
    // On a full disk, each further attempt would leave another one.
    await clearTree(storage, part, new AbortController().signal).catch(() => undefined);
    throw error;
  }
  return snapshot;
}

/** Makes the checks of `takeSnapshot`, in the same order, and no change. */
export async function foreseeSnapshot(
  parts: TakeParts,
  snapshot: Snapshot,
  mountpoint: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { storage, records } = parts;
  const { volume, name } = snapshot;
  const doing = `Snapshot ${name} of volume ${volume.name} could not be made`;
  const present = await records.find(copyPlaces(storage.layout.snapshots, volume.id), volume.id, name);
  if (present !== undefined) return void requireSame(present, snapshot);
  const from = await seeData(storage, storage.admit(volume), doing);
  await requireCopies(parts, { source: volume, from, mountpoint }, doing, signal);
}

/** The other way round: data without its name is not a snapshot any more. */
export async function removeSnapshot(
  { storage, records }: TakeParts,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<void> {
  const { volume, name, id, createdAt } = snapshot;
  const places = copyPlaces(storage.layout.snapshots, volume.id);
  const present = await records.find(places, volume.id, name);
  if (present !== undefined) {
    // A later snapshot of the same name stays.
    if (isUnreadableSnapshot(present) || present.id !== id) return;
    storage.audit({
      act: 'delete',
      driver: storage.driver,
      volume: volume.name,
      evidence: `snapshot ${name} of ${createdAt} was removed by request: ${places.data(name)}`,
    });
    await clearTree(storage, places.part(name, id), signal);
    await storage.files.rename(places.data(name), places.part(name, id));
  }
  await finishRemoval(storage, places, snapshot, signal);
}

async function finishRemoval(
  storage: TakeParts['storage'],
  places: CopyPlaces,
  { name, volume, id }: Snapshot,
  signal: AbortSignal,
): Promise<void> {
  const { files } = storage;
  if (await files.facts(places.data(name))) return;
  await files.removeFile(places.record(name));
  const work = { what: 'delete', driver: storage.driver, volume: volume.name } as const;
  await reported(storage.report, work, (tell) => clearTree(storage, places.part(name, id), signal, tell));
  if ((await files.list(places.directory))?.length === 0) await files.removeDirectory(places.directory);
}

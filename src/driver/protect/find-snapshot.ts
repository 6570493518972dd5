import type { Snapshots } from '../../backends/backend.ts';
import type { SnapshotName, VolumeName } from '../../core/names.ts';
import { suggestion } from '../../core/nearest.ts';
import {
  isUnreadableSnapshot,
  type KnownSnapshot,
  requireReadableSnapshot,
  type Snapshot,
  volumeIdOf,
} from '../../core/protect/snapshot.ts';
import { isUnreadable, requireReadable, type Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { type DriverContext, lookupVolume, requireFilled } from '../context.ts';
import { withSignal } from '../deadline.ts';
import { missingHere } from '../missing.ts';
import type { ListedSnapshot } from '../volume-driver.ts';
import { requireOffered } from './offered.ts';

/** The snapshots of one volume, or of all volumes that exist, and copies from elsewhere. */
export async function listSnapshots(
  context: DriverContext,
  name: VolumeName | undefined,
): Promise<readonly ListedSnapshot[]> {
  const { backend, catalog } = context;
  if (name === undefined && backend.snapshots.kind === 'none') return [];
  const snapshots = requireOffered(
    backend.snapshots,
    name === undefined
      ? 'The snapshots could not be listed'
      : `The snapshots of volume ${name} could not be listed`,
  );
  if (name !== undefined) return listOf(context, snapshots, name);
  const found = await snapshotsOf(context, snapshots, undefined);
  const names = new Map<string, VolumeName>();
  for (const known of catalog.volumes()) if (!isUnreadable(known)) names.set(known.id, known.name);
  const own = found.flatMap((snapshot) => {
    const owner = names.get(volumeIdOf(snapshot));
    return owner === undefined ? [] : [{ volume: owner, snapshot }];
  });
  const taken = new Set(own.map(({ volume, snapshot }) => `${volume}@${snapshot.name}`));
  const copies = found
    .filter(isCopy)
    .filter(({ volume }) => !names.has(volume.id))
    .map((snapshot) => ({ volume: snapshot.volume.name, snapshot }))
    .filter(({ volume, snapshot }) => !taken.has(`${volume}@${snapshot.name}`));
  return [...own, ...copies];
}

async function listOf(
  context: DriverContext,
  snapshots: Snapshots,
  name: VolumeName,
): Promise<readonly ListedSnapshot[]> {
  const { own, copies } = await snapshotsNamed(context, snapshots, name);
  return [...own, ...copies].map((snapshot) => ({ volume: name, snapshot }));
}

/** A snapshot of the volume, or a copy from elsewhere of one of a volume with its name. Throws as `findSnapshot`. */
export async function findAnySnapshot(
  context: DriverContext,
  snapshots: Snapshots,
  name: VolumeName,
  asked: SnapshotName,
): Promise<Snapshot> {
  const { own, copies } = await snapshotsNamed(context, snapshots, name);
  const found = own.find((one) => one.name === asked);
  if (found !== undefined) return requireReadableSnapshot(found);
  const [copy, other] = copies.filter((one) => one.name === asked);
  if (copy === undefined) throw noSnapshot(name, asked, [...own, ...copies]);
  if (other === undefined) return copy;
  const message = `Snapshot ${asked} is here as copies of different ones, of volumes ${name} in ${copy.copiedFrom} and ${other.copiedFrom}: delete the wrong copy with the tools of the storage.`;
  throw new VolumeError('conflict', message);
}

/** A snapshot of the volume that is here goes before a copy of its name. Throws `not-found` if there is neither the volume nor a copy. */
async function snapshotsNamed(
  context: DriverContext,
  snapshots: Snapshots,
  name: VolumeName,
): Promise<{ readonly own: readonly KnownSnapshot[]; readonly copies: readonly Snapshot[] }> {
  const found = await lookupVolume(context, name, context.timings.callDeadline);
  const volume = found && requireFilled(context, requireReadable(found));
  const own = volume === undefined ? [] : await snapshotsOf(context, snapshots, volume);
  const all = snapshots.copies.kind === 'none' ? [] : await snapshotsOf(context, snapshots, undefined);
  const copies = all
    .filter(isCopy)
    .filter((one) => one.volume.name === name && own.every((known) => known.name !== one.name));
  if (volume === undefined && copies.length === 0) throw await nothingHere(context, snapshots, name);
  return { own, copies };
}

async function nothingHere(
  context: DriverContext,
  snapshots: Snapshots,
  name: VolumeName,
): Promise<VolumeError> {
  const missing = await missingHere(context, name);
  if (snapshots.copies.kind === 'none') return missing;
  const { waysOut } = missing;
  const hint = `A snapshot that is elsewhere is copied first, where it is: \`holdfast snapshot copy ${name}@NAME --to REGION\`.`;
  return new VolumeError('not-found', `${missing.message} ${hint}`, { waysOut, cause: missing });
}

function isCopy(snapshot: KnownSnapshot): snapshot is Snapshot {
  return !isUnreadableSnapshot(snapshot) && snapshot.copiedFrom !== undefined;
}

/** Throws `not-found` with the nearest name, and `failed` for one that cannot be read. */
export async function findSnapshot(
  context: DriverContext,
  snapshots: Snapshots,
  volume: Volume,
  name: SnapshotName,
): Promise<Snapshot> {
  const known = await snapshotsOf(context, snapshots, volume);
  const found = known.find((snapshot) => snapshot.name === name);
  if (found === undefined) throw noSnapshot(volume.name, name, known);
  return requireReadableSnapshot(found);
}

function noSnapshot(volume: VolumeName, asked: SnapshotName, known: readonly KnownSnapshot[]): VolumeError {
  const names = known.map(({ name }) => name);
  const others = names.length === 0 ? 'It has none.' : `It has ${names.join(', ')}.`;
  const message = `Volume ${volume} has no snapshot ${asked}. ${suggestion(asked, names, others)}`;
  return new VolumeError('not-found', message);
}

function snapshotsOf(
  { timings }: DriverContext,
  snapshots: Snapshots,
  volume: Volume | undefined,
): Promise<readonly KnownSnapshot[]> {
  return withSignal(timings.callDeadline, (signal) => snapshots.list(volume, signal));
}

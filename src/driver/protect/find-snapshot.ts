import type { Snapshots } from '../../backends/backend.ts';
import type { SnapshotName, VolumeName } from '../../core/names.ts';
import { suggestion } from '../../core/nearest.ts';
import {
  type KnownSnapshot,
  requireReadableSnapshot,
  type Snapshot,
  volumeIdOf,
} from '../../core/snapshot.ts';
import { isUnreadable, type Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { DriverContext } from '../context.ts';
import { withSignal } from '../deadline.ts';
import type { ListedSnapshot } from '../volume-driver.ts';
import { requireOffered } from './offered.ts';
import { existing } from './snapshot.ts';

/** The snapshots of one volume, or of all volumes that exist. */
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
  const volume = name === undefined ? undefined : await existing(context, name);
  const found = await snapshotsOf(context, snapshots, volume);
  if (volume !== undefined) return found.map((snapshot) => ({ volume: volume.name, snapshot }));
  const names = new Map<string, VolumeName>();
  for (const known of catalog.volumes()) if (!isUnreadable(known)) names.set(known.id, known.name);
  return found.flatMap((snapshot) => {
    const owner = names.get(volumeIdOf(snapshot));
    return owner === undefined ? [] : [{ volume: owner, snapshot }];
  });
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
  if (found === undefined) {
    const names = known.map((snapshot) => snapshot.name);
    const others = names.length === 0 ? 'It has none.' : `It has ${names.join(', ')}.`;
    const message = `Volume ${volume.name} has no snapshot ${name}. ${suggestion(name, names, others)}`;
    throw new VolumeError('not-found', message);
  }
  return requireReadableSnapshot(found);
}

function snapshotsOf(
  { timings }: DriverContext,
  snapshots: Snapshots,
  volume: Volume | undefined,
): Promise<readonly KnownSnapshot[]> {
  return withSignal(timings.callDeadline, (signal) => snapshots.list(volume, signal));
}

import type { Snapshots } from '../../backends/backend.ts';
import type { SnapshotName, VolumeName } from '../../core/names.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import { requireReadable, type Volume } from '../../core/volume.ts';
import { type DriverContext, lookupVolume, requireFilled } from '../context.ts';
import { withSignal } from '../deadline.ts';
import { joined } from '../in-time.ts';
import { missingHere } from '../missing.ts';
import { whileFreezing } from './frozen.ts';
import { type InUse, inUse, refuseInUse, type seeInUse } from './in-use.ts';
import { notOffered, requireOffered } from './offered.ts';

/** Simultaneous calls for the same snapshot share the work and its result. */
export function takeSnapshot(
  context: DriverContext,
  name: VolumeName,
  snapshot: SnapshotName,
): Promise<Snapshot> {
  const work = context.snapshotting.share(`${name}@${snapshot}`, () =>
    context.queue.run(name, () => takeNow(context, name, snapshot)),
  );
  return joined(name, 'copied', context.timings.longDeadline, work);
}

async function takeNow(context: DriverContext, name: VolumeName, asked: SnapshotName): Promise<Snapshot> {
  const { backend } = context;
  const doing = `Snapshot ${asked} of volume ${name} could not be made`;
  const snapshots = requireOffered(backend.snapshots, doing);
  const volume = await existing(context, name);
  const used = await copyable(context, snapshots, volume, doing);
  const snapshot = plannedSnapshot(context, asked, volume, used);
  return copyingFrom(context, name, used, (signal) => snapshots.take(snapshot, used?.mountpoint, signal));
}

/** The snapshot as it will be recorded. `used`: who uses the volume meanwhile. */
export function plannedSnapshot(
  { host }: DriverContext,
  name: SnapshotName,
  volume: Volume,
  used: InUse | undefined,
): Snapshot {
  return {
    name,
    id: host.newId(),
    volume,
    createdAt: new Date(host.now()).toISOString(),
    consistency: used === undefined ? 'unmounted' : 'frozen',
  };
}

/** The current record of the volume in the storage. Throws `not-found`, and `failed` for an unreadable record. */
export async function existing(context: DriverContext, name: VolumeName): Promise<Volume> {
  const found = await lookupVolume(context, name, context.timings.callDeadline);
  if (found === undefined) throw await missingHere(context, name);
  return requireFilled(context, requireReadable(found));
}

/**
 * The users of the volume during the copy, found by `look`. Throws `in-use` if the volume cannot be copied while it is used.
 * Call it in the volume's queue.
 */
export async function copyable(
  context: DriverContext,
  snapshots: Snapshots,
  volume: Volume,
  doing: string,
  look: typeof seeInUse = inUse,
): Promise<InUse | undefined> {
  const { callDeadline } = context.timings;
  const manner = await withSignal(callDeadline, (signal) => snapshots.manner(volume, signal));
  if (manner.kind === 'none') throw notOffered(doing, manner);
  const used = await look(context, volume.name);
  if (used !== undefined && manner.kind === 'copy') refuseInUse(doing, volume.name, used, manner);
  return used;
}

/** Copies the data of a volume. A volume in use is frozen meanwhile. Call it in the volume's queue. */
export function copyingFrom<T>(
  context: DriverContext,
  name: VolumeName,
  used: InUse | undefined,
  copy: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const work = () => withSignal(context.timings.copyDeadline, copy);
  return used === undefined ? work() : whileFreezing(context, name, work);
}

import type { Snapshots } from '../../backends/backend.ts';
import type { SnapshotName, VolumeName } from '../../core/names.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import { requireReadable, type Volume } from '../../core/volume.ts';
import { type DriverContext, lookupVolume } from '../context.ts';
import { withSignal } from '../deadline.ts';
import { joined } from '../in-time.ts';
import { missingHere } from '../missing.ts';
import { whileFreezing } from './frozen.ts';
import { type InUse, inUse, refuseInUse, type seeInUse } from './in-use.ts';
import { notOffered, requireOffered } from './offered.ts';

/** Callers that ask for the same snapshot while it is being made share the work, and its end. */
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
  const { backend, host } = context;
  const doing = `Snapshot ${asked} of volume ${name} could not be made`;
  const snapshots = requireOffered(backend.snapshots, doing);
  const volume = await existing(context, name);
  const used = await copyable(context, snapshots, volume, doing);
  const snapshot: Snapshot = {
    name: asked,
    id: host.newId(),
    volume,
    createdAt: new Date(host.now()).toISOString(),
    consistency: used === undefined ? 'unmounted' : 'frozen',
  };
  return copyingFrom(context, name, used, (signal) => snapshots.take(snapshot, used?.mountpoint, signal));
}

/** The volume as the storage has it now. Throws `not-found`, and `failed` for one that cannot be read. */
export async function existing(context: DriverContext, name: VolumeName): Promise<Volume> {
  const found = await lookupVolume(context, name, context.timings.callDeadline);
  if (found === undefined) throw await missingHere(context, name);
  return requireReadable(found);
}

/** Who uses the volume meanwhile, as `look` finds. Throws `in-use` if it cannot be copied then. To be called in the volume's queue. */
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

/** Copies the data of a volume, which is frozen meanwhile if it is in use. To be called in the volume's queue. */
export function copyingFrom<T>(
  context: DriverContext,
  name: VolumeName,
  used: InUse | undefined,
  copy: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const work = () => withSignal(context.timings.copyDeadline, copy);
  return used === undefined ? work() : whileFreezing(context, name, work);
}

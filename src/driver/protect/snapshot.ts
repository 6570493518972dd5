import type { FullCopy, Snapshots } from '../../backends/backend.ts';
import type { SnapshotName, VolumeName } from '../../core/names.ts';
import { nothingPrepared, type Prepared, quietly, released } from '../../core/protect/containers.ts';
import type { Consistency, Snapshot } from '../../core/protect/snapshot.ts';
import { requireReadable, type Volume } from '../../core/volume.ts';
import { type DriverContext, lookupVolume, requireFilled } from '../context.ts';
import { withSignal } from '../deadline.ts';
import { joined } from '../in-time.ts';
import { missingHere } from '../missing.ts';
import type { InUseRule } from '../volume-driver.ts';
import { whileFreezing } from './frozen.ts';
import { allowedCopy, heldAt, inUse, refuseInUse, type seeInUse } from './in-use.ts';
import { notOffered, requireOffered } from './offered.ts';

/** Simultaneous calls for the same snapshot share the work and its result. */
export function takeSnapshot(
  context: DriverContext,
  name: VolumeName,
  snapshot: SnapshotName,
  use: 'refuse' | 'accept' = 'refuse',
  prepare: () => Promise<Prepared> = async () => nothingPrepared,
): Promise<Snapshot> {
  const work = context.snapshotting.share(`${name}@${snapshot}`, async () => {
    const prepared = await prepare();
    return released(
      prepared,
      context.queue.run(name, () => takeNow(context, name, snapshot, quietly(use, prepared))),
      `Snapshot ${snapshot} of volume ${name} was made`,
    );
  });
  return joined(name, 'copied', context.timings.longDeadline, work);
}

async function takeNow(
  context: DriverContext,
  name: VolumeName,
  asked: SnapshotName,
  use: InUseRule,
): Promise<Snapshot> {
  const { backend } = context;
  const doing = `Snapshot ${asked} of volume ${name} could not be made`;
  const snapshots = requireOffered(backend.snapshots, doing);
  const volume = await existing(context, name);
  const copying = await copyable(context, snapshots, { volume, doing, use });
  const snapshot = plannedSnapshot(context, asked, volume, copying);
  return copyingFrom(context, name, copying, (signal) =>
    snapshots.take(snapshot, copying.mountpoint, signal),
  );
}

/** The snapshot as it will be recorded. */
export function plannedSnapshot(
  { host }: DriverContext,
  name: SnapshotName,
  volume: Volume,
  { consistency }: Copying,
): Snapshot {
  return {
    name,
    id: host.newId(),
    volume,
    createdAt: new Date(host.now()).toISOString(),
    consistency,
  };
}

/** The current record of the volume in the storage. Throws `not-found`, and `failed` for an unreadable record. */
export async function existing(context: DriverContext, name: VolumeName): Promise<Volume> {
  const found = await lookupVolume(context, name, context.timings.callDeadline);
  if (found === undefined) throw await missingHere(context, name);
  return requireFilled(context, requireReadable(found));
}

/** How a volume is copied now. */
export interface Copying {
  readonly consistency: Consistency;
  /** Where it is frozen; undefined: it is not. */
  readonly mountpoint: string | undefined;
  /** What is read and written; undefined: blocks are shared. */
  readonly full: FullCopy | undefined;
}

interface ToCopy {
  readonly volume: Volume;
  readonly doing: string;
  readonly use: InUseRule;
}

/**
 * Looks who uses the volume, by `look`. Throws `in-use` if the volume cannot be copied while it is used. Call it in the volume's
 * queue.
 */
export async function copyable(
  context: DriverContext,
  snapshots: Snapshots,
  { volume, doing, use }: ToCopy,
  look: typeof seeInUse = inUse,
): Promise<Copying> {
  const { callDeadline } = context.timings;
  const manner = await withSignal(callDeadline, (signal) => snapshots.manner(volume, signal));
  if (manner.kind === 'none') throw notOffered(doing, manner);
  const full = manner.kind === 'copy' ? manner : undefined;
  // A held one is frozen whoever uses it, so nobody looks for users in all mount namespaces.
  const held = manner.kind === 'instant' ? heldAt(context, volume.name) : undefined;
  if (held !== undefined) return { consistency: 'frozen', mountpoint: held, full };
  const used = await look(context, volume.name);
  if (used === undefined) return { consistency: 'unmounted', mountpoint: undefined, full };
  if (manner.kind === 'instant') return { consistency: 'frozen', mountpoint: used.mountpoint, full };
  const consistency = manner.canBeLive ? allowedCopy(used, use) : undefined;
  if (consistency === undefined) return refuseInUse(doing, volume.name, used, manner);
  return { consistency, mountpoint: undefined, full };
}

/** Copies the data of a volume. A volume with instant copies that is in use is frozen meanwhile. Call it in the volume's queue. */
export function copyingFrom<T>(
  context: DriverContext,
  name: VolumeName,
  { mountpoint }: Pick<Copying, 'mountpoint'>,
  copy: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const work = () => withSignal(context.timings.copyDeadline, copy);
  return mountpoint === undefined ? work() : whileFreezing(context, name, work);
}

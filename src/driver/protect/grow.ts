import type { VolumeName } from '../../core/names.ts';
import { parseSize } from '../../core/sizes.ts';
import type { Volume } from '../../core/volume.ts';
import { type DriverContext, mountpointOf } from '../context.ts';
import { withSignal } from '../deadline.ts';
import { joined } from '../in-time.ts';
import { restage } from '../mount.ts';
import { putBackUnseen } from '../remove.ts';
import { takeDown } from '../teardown/take-down.ts';
import { settle } from '../unmount.ts';
import { notOffered, requireOffered } from './offered.ts';
import { existing } from './snapshot.ts';

/** `size` has the format of the option. The same size again succeeds, and completes an interrupted growth. */
export async function growVolume(
  context: DriverContext,
  name: VolumeName,
  size: string,
  fileSystem: 'now' | 'later' = 'now',
): Promise<Volume> {
  const bytes = parseSize(size);
  const work = context.queue.run(name, () => growNow(context, name, bytes, fileSystem));
  return joined(name, 'enlarged', context.timings.longDeadline, work);
}

async function growNow(
  context: DriverContext,
  name: VolumeName,
  bytes: number,
  fileSystem: 'now' | 'later',
): Promise<Volume> {
  const growth = requireOffered(context.backend.growth, doingOf(name));
  const volume = await existing(context, name);
  const change: SizeChange = (mountpoint, signal) => growth.grow(volume, bytes, mountpoint, signal);
  if (fileSystem === 'later' && context.ledger.get(name) === undefined)
    return changed(context, undefined, change);
  return whileGrowing(context, volume, doingOf(name), change);
}

/** At the mountpoint, if the volume is mounted. */
type SizeChange = (mountpoint: string | undefined, signal: AbortSignal) => Promise<Volume>;

/** Mounts the volume for the change, takes it down, or leaves it as it is, as its growth needs. To be called in the volume's queue. */
export async function whileGrowing(
  context: DriverContext,
  volume: Volume,
  doing: string,
  change: SizeChange,
): Promise<Volume> {
  const { backend, timings } = context;
  const { name } = volume;
  const growth = requireOffered(backend.growth, doing);
  const manner = await withSignal(timings.callDeadline, (signal) => growth.manner(volume, signal));
  if (typeof manner === 'object') throw notOffered(doing, manner);
  const mountpoint = manner === 'online' ? mountpointOf(context, name) : undefined;
  if (manner === 'online') await restage(context, volume);
  if (manner === 'offline') await takeDownUnused(context, name, 'grow');
  try {
    return await changed(context, mountpoint, change);
  } finally {
    if (manner !== 'always') await settle(context, name, 0);
  }
}

async function changed(
  { timings, catalog, usage }: DriverContext,
  mountpoint: string | undefined,
  change: SizeChange,
): Promise<Volume> {
  const grown = await withSignal(timings.workDeadline, (signal) => change(mountpoint, signal));
  catalog.put(grown);
  usage.forget(grown);
  return grown;
}

function doingOf(name: VolumeName): string {
  return `Volume ${name} could not be enlarged`;
}

/** Throws `in-use`. */
export async function takeDownUnused(
  context: DriverContext,
  name: VolumeName,
  wish: 'grow' | 'modify',
): Promise<void> {
  await putBackUnseen(context, name);
  const entry = context.ledger.get(name);
  if (entry) await takeDown(context, entry, wish);
}

import type { VolumeName } from '../../../core/names.ts';
import { requireReadable, type UnreadableVolume, type Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { EbsContext } from '../context.ts';
import { everFilters, nameTag } from '../record/filters.ts';
import type { FoundDisk } from '../record/found-disk.ts';
import { decodeAll, isAlive, isPresent, notReplaced, unreadableAmong, withRecent } from './decode.ts';

/** The volumes that have a name. */
export interface Named {
  readonly present: FoundDisk | undefined;
  /** Removed volumes that had the name. */
  readonly removed: readonly FoundDisk[];
  /** A disk of which only the name tag can be read; it may be the one meant. */
  readonly unreadable: UnreadableVolume | undefined;
}

/** Throws `conflict` if two are present: neither is touched. */
export async function findNamed(context: EbsContext, name: VolumeName, signal: AbortSignal): Promise<Named> {
  const ec2 = await context.ec2();
  const listed = await ec2.findTagged(everFilters(context.driver), nameTag(name), signal);
  const disks = await withRecent(context, listed, [context.recent.createdAs(name)], signal);
  const named = decodeAll(context, disks).filter(({ record }) => record.volume.name === name);
  const [one, other] = notReplaced(named.filter((disk) => isPresent(context, disk)));
  if (one !== undefined && other !== undefined) {
    throw new VolumeError(
      'conflict',
      `Volume ${name} exists twice, as ${one.disk.id} and ${other.disk.id}: neither was touched. ` +
        'Look at both, and remove the tag holdfast:driver from the wrong one.',
    );
  }
  if (one !== undefined) context.diskIds.set(one.record.volume.id, one.disk.id);
  return {
    present: one,
    removed: named.filter(({ record }) => record.removal !== undefined),
    unreadable: unreadableAmong(context, disks).find((volume) => volume.name === name),
  };
}

/** Only the readable volumes; for actions that change nothing under the name. */
export async function findByName(
  context: EbsContext,
  name: VolumeName,
  signal: AbortSignal,
): Promise<FoundDisk | undefined> {
  return (await findNamed(context, name, signal)).present;
}

/** For actions on a name. Throws `failed` if tags cannot be read, because the volume may exist twice. */
export async function findReadable(
  context: EbsContext,
  name: VolumeName,
  signal: AbortSignal,
): Promise<Named> {
  const found = await findNamed(context, name, signal);
  if (found.unreadable !== undefined) requireReadable(found.unreadable);
  return found;
}

/** The same volume, unless it was removed or created again since. */
export async function findVolume(
  context: EbsContext,
  volume: Volume,
  signal: AbortSignal,
): Promise<FoundDisk | undefined> {
  const found = await findByName(context, volume.name, signal);
  return found?.record.volume.id === volume.id ? found : undefined;
}

/**
 * The same by the ID of its EBS volume, once that is known: such a look does not lag behind, as the index of tags does. It does not
 * notice a duplicate name, so it is only for volumes that the driver has just looked up by name.
 */
export async function lookAgain(
  context: EbsContext,
  volume: Volume,
  signal: AbortSignal,
): Promise<FoundDisk | undefined> {
  const id = context.diskIds.get(volume.id);
  const known = id === undefined ? undefined : await findDisk(context, id, signal);
  const isIt = known?.record.volume.id === volume.id && isPresent(context, known);
  if (!isIt) return findVolume(context, volume, signal);
  return (await replacementOf(context, known, signal)) ?? known;
}

/** This EBS volume as it is now, whether the volume is present or removed. */
export async function findDisk(
  context: EbsContext,
  diskId: string,
  signal: AbortSignal,
): Promise<FoundDisk | undefined> {
  const disk = await (await context.ec2()).volume(diskId, signal);
  return disk && isAlive(disk) ? decodeAll(context, [disk])[0] : undefined;
}

/** The EBS volume that is this volume by now, by a rollback of another host; undefined if it still is this one. */
async function replacementOf(
  context: EbsContext,
  { disk, record }: FoundDisk,
  signal: AbortSignal,
): Promise<FoundDisk | undefined> {
  if (record.replacedBy === undefined) return undefined;
  const other = await findDisk(context, record.replacedBy, signal);
  if (other?.record.replaces?.diskId !== disk.id || !isPresent(context, other)) return undefined;
  context.diskIds.set(record.volume.id, other.disk.id);
  return other;
}

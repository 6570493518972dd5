import type { VolumeName } from '../../core/names.ts';
import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { EbsContext } from './ebs-context.ts';
import type { Disk } from './ec2.ts';
import {
  attachedFilters,
  type DiskRecord,
  decodeRecord,
  driverFilters,
  everFilters,
  nameTag,
  removedFilters,
  restoredKey,
  tokenKey,
} from './tags.ts';

/** An EBS volume that is a volume of this driver. */
export interface FoundDisk {
  readonly disk: Disk;
  readonly record: DiskRecord;
}

/** The volume of this name, and those that had it and were removed. Throws `conflict` when there are two: neither is touched. */
export async function findNamed(
  context: EbsContext,
  name: VolumeName,
  signal: AbortSignal,
): Promise<{ readonly present: FoundDisk | undefined; readonly removed: readonly FoundDisk[] }> {
  const ec2 = await context.ec2();
  const listed = await ec2.findTagged(everFilters(context.driver), nameTag(name), signal);
  const found = await withRecent(context, listed, [context.recent.createdAs(name)], signal);
  const named = found.filter(({ record }) => record.volume.name === name);
  const [one, other] = named.filter((disk) => isPresent(context, disk));
  if (one !== undefined && other !== undefined) {
    throw new VolumeError(
      'conflict',
      `Volume ${name} is there twice, as ${one.disk.id} and as ${other.disk.id}: neither is touched. ` +
        'Look at both, and take the tag holdfast:driver from the one that is not meant.',
    );
  }
  if (one !== undefined) context.diskIds.set(one.record.volume.id, one.disk.id);
  return { present: one, removed: named.filter(({ record }) => record.removal !== undefined) };
}

export async function findByName(
  context: EbsContext,
  name: VolumeName,
  signal: AbortSignal,
): Promise<FoundDisk | undefined> {
  return (await findNamed(context, name, signal)).present;
}

/** This very volume, unless it was removed or made anew since. */
export async function findVolume(
  context: EbsContext,
  volume: Volume,
  signal: AbortSignal,
): Promise<FoundDisk | undefined> {
  const found = await findByName(context, volume.name, signal);
  return found?.record.volume.id === volume.id ? found : undefined;
}

/**
 * The same by the ID of its EBS volume once that is known: such a look is not behind, as the index of tags is. Of a name that
 * is there twice it does not tell: for what the driver has just looked up by its name.
 */
export async function lookAgain(
  context: EbsContext,
  volume: Volume,
  signal: AbortSignal,
): Promise<FoundDisk | undefined> {
  const id = context.diskIds.get(volume.id);
  const known = id === undefined ? undefined : await findDisk(context, id, signal);
  const isIt = known?.record.volume.id === volume.id && isPresent(context, known);
  return isIt ? known : findVolume(context, volume, signal);
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

/** All volumes of the driver. */
export async function findAll(context: EbsContext, signal: AbortSignal): Promise<readonly FoundDisk[]> {
  const ec2 = await context.ec2();
  const listed = await ec2.findVolumes(driverFilters(context.driver), signal);
  const found = await withRecent(context, listed, [...context.recent.all()], signal);
  return found.filter((disk) => isPresent(context, disk));
}

/** All that are attached to an instance, the removed ones included. */
export async function findAttachedTo(
  context: EbsContext,
  instanceId: string,
  signal: AbortSignal,
): Promise<readonly FoundDisk[]> {
  const ec2 = await context.ec2();
  return decodeAll(context, await ec2.findVolumes(attachedFilters(context.driver, instanceId), signal));
}

/** All that were removed and are still there. */
export async function findRemoved(context: EbsContext, signal: AbortSignal): Promise<readonly FoundDisk[]> {
  const ec2 = await context.ec2();
  const disks = await ec2.findVolumes(removedFilters(context.driver), signal);
  return decodeAll(context, disks).filter(({ record }) => record.removal !== undefined);
}

/** With what was made here just now, which the index of tags may not show yet. */
async function withRecent(
  context: EbsContext,
  listed: readonly Disk[],
  recent: readonly (string | undefined)[],
  signal: AbortSignal,
): Promise<readonly FoundDisk[]> {
  const ec2 = await context.ec2();
  const missing = recent.filter((id) => id !== undefined && !listed.some((disk) => disk.id === id));
  const more = await Promise.all(
    missing.map((id) => (id === undefined ? undefined : ec2.volume(id, signal))),
  );
  const disks = [...listed, ...more.filter((disk) => disk !== undefined)].filter(isAlive);
  return decodeAll(context, disks);
}

function isPresent({ recent }: EbsContext, { disk, record }: FoundDisk): boolean {
  return record.removal === undefined && !recent.isRemoved(disk.id, disk.tags[restoredKey]);
}

function isAlive({ state }: Disk): boolean {
  return state !== 'deleting' && state !== 'deleted';
}

/** A record that cannot be read does not hide the others; its EBS volume is never touched. */
function decodeAll({ driver, log, tokens }: EbsContext, disks: readonly Disk[]): readonly FoundDisk[] {
  return disks.flatMap((disk) => {
    const parsed = decodeRecord(disk.tags);
    if (parsed === undefined) return [];
    if ('value' in parsed) {
      const record = parsed.value;
      if (record.driver !== driver) return [];
      const { name, createdAt } = record.volume;
      tokens.used(name, Number(disk.tags[tokenKey] ?? 0), Date.parse(createdAt));
      return [{ disk, record }];
    }
    log.write('error', 'record-unreadable', { driver, file: disk.id, reason: parsed.reason });
    return [];
  });
}

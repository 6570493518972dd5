import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { WayOut } from '../../core/way-out.ts';
import type { Parsed } from '../shared/recorded/volume-record.ts';
import type { EbsContext } from './context.ts';
import type { Disk } from './ec2/ec2.ts';
import { differenceFromDisk } from './record/actual-options.ts';
import { mostTags, tagPrefix } from './record/keys.ts';
import { decodeRecord } from './record/read-tags.ts';
import { countWithLater, type DiskRecord, recordTags } from './record/tags.ts';

/** Takes an existing EBS volume as it is: its data is never formatted, and never deleted. */
export async function adopt(
  context: EbsContext,
  volume: Volume,
  id: string,
  signal: AbortSignal,
): Promise<Disk> {
  const ec2 = await context.ec2();
  const { disk, tags } = await requireAdoptable(context, volume, id, signal);
  await ec2.setTags([id], tags, signal);
  // Another host may have adopted it at the same moment: the last write of the tags wins.
  const now = await ec2.volume(id, signal);
  if (now !== undefined) refuseOwned(volume, now);
  return disk;
}

/** The disk, and the tags that it will get. Throws `invalid` or `conflict` for one that cannot be adopted here. */
export async function requireAdoptable(
  context: EbsContext,
  volume: Volume,
  id: string,
  signal: AbortSignal,
): Promise<{ readonly disk: Disk; readonly tags: Readonly<Record<string, string>> }> {
  const ec2 = await context.ec2();
  const doing = `Volume ${volume.name} could not be created`;
  const disk = await ec2.volume(id, signal);
  if (disk === undefined)
    throw new VolumeError('invalid', `${doing}: there is no EBS volume ${id} in this region.`);
  const difference = differenceFromDisk(volume.options, disk);
  if (difference !== undefined) {
    throw new VolumeError(
      'conflict',
      `${doing}: ${id} differs from the options: ${difference}. An existing volume is taken as it is: leave those options out, or give its real values.`,
    );
  }
  const { zone } = await context.whereabouts(signal);
  if (disk.zone !== zone) {
    throw new VolumeError(
      'invalid',
      `${doing}: ${id} is in ${disk.zone}, and this host in ${zone}: adopt it from a host in ${disk.zone}.`,
    );
  }
  refuseOwned(volume, disk);
  const tags = recordTags({ driver: context.driver, volume, isBlank: false });
  const count = countWithLater({ ...disk.tags, ...tags });
  if (count > mostTags) throw manyTags(volume, disk, count);
  return { disk, tags };
}

function manyTags(volume: Volume, { id, tags }: Disk, count: number): VolumeError {
  return new VolumeError(
    'invalid',
    `Volume ${volume.name} could not be created: ${id} has ${Object.keys(tags).length} tags, with those of the volume ${count}, ` +
      `and EC2 takes ${mostTags}: remove some from it.`,
  );
}

function refuseOwned(volume: Volume, disk: Disk): void {
  const owner = decodeRecord(disk.tags);
  if (owner === undefined) return;
  if ('value' in owner && owner.value.volume.id === volume.id) return;
  const doing = `Volume ${volume.name} could not be created: ${disk.id}`;
  const waysOut = 'value' in owner ? waysToOwn(owner.value, disk) : [];
  throw new VolumeError('conflict', `${doing} ${ownedAs(owner)}`, { waysOut });
}

function waysToOwn({ driver, removal, volume }: DiskRecord, disk: Disk): readonly WayOut[] {
  if (removal === undefined) return [];
  return [
    { act: 'undelete', volume: volume.name, driver, id: volume.id },
    `remove all tags that begin with ${tagPrefix} from ${disk.id}, to have it under another name or with other options`,
  ];
}

function ownedAs(owner: Parsed<DiskRecord>): string {
  if ('reason' in owner)
    return `is a volume whose tags cannot be read (${owner.reason}): correct them, or remove all that begin with ${tagPrefix} from it.`;
  const { driver, removal } = owner.value;
  const whose = `volume ${owner.value.volume.name} of driver ${driver}`;
  if (removal === undefined) return `is ${whose}: use that one.`;
  return `is in the trash: it was ${whose}, which was removed at ${removal.removedAt}.`;
}

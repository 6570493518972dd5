import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { EbsContext } from './ebs-context.ts';
import type { Disk } from './ec2.ts';
import { countWithLater, decodeRecord, mostTags, recordTags } from './tags.ts';

/** Takes an existing EBS volume as it is: its data is never formatted, and never deleted. */
export async function adopt(
  context: EbsContext,
  volume: Volume,
  id: string,
  signal: AbortSignal,
): Promise<Disk> {
  const ec2 = await context.ec2();
  const doing = `Volume ${volume.name} could not be created`;
  const disk = await ec2.volume(id, signal);
  if (disk === undefined)
    throw new VolumeError('invalid', `${doing}: there is no EBS volume ${id} in this region.`);
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
  await ec2.setTags([id], tags, signal);
  // Another host may have adopted it at the same moment: the tags that came last hold.
  const now = await ec2.volume(id, signal);
  if (now !== undefined) refuseOwned(volume, now);
  return disk;
}

function manyTags(volume: Volume, { id, tags }: Disk, count: number): VolumeError {
  return new VolumeError(
    'invalid',
    `Volume ${volume.name} could not be created: ${id} has ${Object.keys(tags).length} tags, with those of the volume ${count}, ` +
      `and EC2 takes ${mostTags}: take some away from it.`,
  );
}

function refuseOwned(volume: Volume, disk: Disk): void {
  const owner = decodeRecord(disk.tags);
  if (owner === undefined) return;
  if ('value' in owner && owner.value.volume.id === volume.id) return;
  const whose =
    'value' in owner
      ? `volume ${owner.value.volume.name} of driver ${owner.value.driver}`
      : 'a volume whose tags cannot be read';
  throw new VolumeError('conflict', `Volume ${volume.name} could not be created: ${disk.id} is ${whose}.`);
}

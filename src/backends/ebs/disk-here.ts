import type { Volume } from '../../core/volume.ts';
import { type DiskDevice, lookForDevice } from './disk-device.ts';
import { isDiskMounted } from './disk-held.ts';
import type { EbsContext } from './ebs-context.ts';

/** The device of a disk that EC2 has, or is to have, attached here under that name; undefined when it is not there now. */
export async function deviceHere(
  { host: { files }, folders }: EbsContext,
  volume: Volume,
  diskId: string,
  requested: string,
): Promise<DiskDevice | undefined> {
  return (await lookForDevice({ files, folders }, { volume, diskId, requested })).device;
}

/** A disk that no device is cannot be mounted: each mount begins at its device. */
export async function isMountedHere(
  context: EbsContext,
  volume: Volume,
  diskId: string,
  requested: string,
): Promise<boolean> {
  const device = await deviceHere(context, volume, diskId, requested);
  return device !== undefined && (await isDiskMounted(context.host.files, device.number));
}

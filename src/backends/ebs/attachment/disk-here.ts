import type { Volume } from '../../../core/volume.ts';
import type { EbsContext } from '../context.ts';
import { type DiskDevice, lookForDevice } from '../disk/device.ts';
import { isDiskMounted } from '../disk/kernel-state.ts';

/** The device of a disk that EC2 has attached here, or is about to, under that name; undefined if there is no such device now. */
export async function deviceHere(
  { host: { files }, folders }: EbsContext,
  volume: Volume,
  diskId: string,
  requested: string,
): Promise<DiskDevice | undefined> {
  return (await lookForDevice({ files, folders }, { volume, diskId, requested })).device;
}

/** A disk without a device cannot be mounted: each mount begins at its device. */
export async function isMountedHere(
  context: EbsContext,
  volume: Volume,
  diskId: string,
  requested: string,
): Promise<boolean> {
  const device = await deviceHere(context, volume, diskId, requested);
  return device !== undefined && (await isDiskMounted(context.host.files, device.number));
}

import type { Volume } from '../../../core/volume.ts';
import type { EbsContext } from '../context.ts';
import { kernelNumbers } from '../disk/candidates.ts';
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

/**
 * Whether the disk is mounted anywhere on this host. A disk that the kernel does not have cannot be. One of which this process has no device
 * can: a container without the host's /dev does not get those that are attached later.
 */
export async function isMountedHere(
  context: EbsContext,
  volume: Volume,
  diskId: string,
  requested: string,
): Promise<boolean> {
  const { host, folders } = context;
  const device = await deviceHere(context, volume, diskId, requested);
  const numbers = device ? [device.number] : await kernelNumbers(host.files, folders, diskId, requested);
  for (const number of numbers) if (await isDiskMounted(host.files, number)) return true;
  return false;
}

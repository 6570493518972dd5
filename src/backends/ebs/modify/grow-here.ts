import { parseSize } from '../../../core/sizes.ts';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { growFileSystem, grownPlace } from '../../shared/file-system/grow.ts';
import { readSuperblock } from '../../shared/file-system/superblock.ts';
import { deviceHere } from '../attachment/disk-here.ts';
import { diskHost } from '../attachment/disk-process.ts';
import { attachmentTo } from '../attachment/target.ts';
import { waitUntil } from '../attachment/wait-until.ts';
import type { EbsContext } from '../context.ts';
import type { DiskDevice } from '../disk/device.ts';
import type { FoundDisk } from '../record/found-disk.ts';

/** Milliseconds within which the kernel has the new size. */
const resizePatience = 60_000;
const resizePause = 1_000;
/** Bytes that a file system of full size may leave unused at its end. */
const slack = 16 * 1024 ** 2;

/** Enlarges the mounted file system, while it is in use. */
export async function growHere(
  context: EbsContext,
  { disk, record }: FoundDisk,
  volume: Volume,
  mountpoint: string,
  doing: string,
  signal: AbortSignal,
): Promise<void> {
  const { size } = volume.options;
  const own = attachmentTo(disk, await context.whereabouts(signal));
  if (size === undefined || own === undefined) return;
  const look = () => deviceHere(context, record.volume, disk.id, own.device);
  const device = await resized(context, look, parseSize(size), doing, signal);
  const host = diskHost(context, record.volume, signal);
  const found = await readSuperblock(host.files, device.path);
  if (found === undefined || device.bytes - found.bytes < slack) return;
  const failure = await growFileSystem(host.programs, grownPlace(found.type, device.path, mountpoint));
  const about = { driver: context.driver, volume: volume.name, disk: disk.id };
  if (failure === undefined)
    return context.log.write('info', 'disk-grown', { ...about, bytes: device.bytes });
  throw new VolumeError(
    'failed',
    `${doing}: ${failure}. Its disk ${disk.id} has ${size}, which is recorded, and the next mount tries again.`,
  );
}

async function resized(
  { clock }: EbsContext,
  look: () => Promise<DiskDevice | undefined>,
  bytes: number,
  doing: string,
  signal: AbortSignal,
): Promise<DiskDevice> {
  const sentence = `${doing}: EC2 has enlarged its disk, but this host's kernel still has the old size. Retry, or unmount and mount it again.`;
  const wait = { clock, sentence, signal, patience: resizePatience, longestPause: resizePause };
  return waitUntil(wait, async () => {
    const device = await look();
    return device !== undefined && device.bytes >= bytes ? device : undefined;
  });
}

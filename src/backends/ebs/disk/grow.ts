import { runCheck } from '../../shared/file-system/check.ts';
import {
  type GrownPlace,
  growFileSystem,
  grownPlace,
  mayGrowMounted,
} from '../../shared/file-system/grow.ts';
import { readSuperblock } from '../../shared/file-system/superblock.ts';
import { isDiskMounted } from './kernel-state.ts';
import type { AttachedDisk, DiskParts } from './parts.ts';

/** Bytes that a file system may leave unused at the end of a disk and still count as full size; EBS grows by GiB. */
const slack = 16 * 1024 ** 2;

/**
 * Grows ext4 before it is mounted if this process lacks CAP_SYS_RESOURCE (in a managed plugin or a container) and so cannot grow it
 * afterwards. resize2fs then requires a full check; throws `failed` if that leaves errors.
 */
export async function growUnmounted(
  parts: DiskParts,
  disk: AttachedDisk,
  signal: AbortSignal,
): Promise<void> {
  const { files, programs } = parts.host;
  if ((await fileSystemToGrow(parts, disk)) !== 'ext4' || (await mayGrowMounted(files))) return;
  await runCheck({ programs }, checkedPlace(disk), ['-f', '-p'], signal);
  if (await isDiskMounted(files, disk.device.number)) return;
  await grow(parts, disk, { type: 'ext4', device: disk.device.path });
}

/** docs/design/ebs-rules.md, rule 33: a volume that cannot grow is mounted anyway, and the reason is logged. */
export async function growMounted(parts: DiskParts, disk: AttachedDisk, place: string): Promise<void> {
  const type = await fileSystemToGrow(parts, disk);
  if (type !== undefined) await grow(parts, disk, grownPlace(type, disk.device.path, place));
}

export function checkedPlace({ volume, device }: AttachedDisk) {
  return { volume, path: device.path, backup: `Make a snapshot of ${device.diskId}` };
}

async function fileSystemToGrow(
  { host }: DiskParts,
  { device }: AttachedDisk,
): Promise<'ext4' | 'xfs' | undefined> {
  const found = await readSuperblock(host.files, device.path);
  return found !== undefined && device.bytes - found.bytes >= slack ? found.type : undefined;
}

async function grow(parts: DiskParts, { volume, device }: AttachedDisk, place: GrownPlace): Promise<void> {
  const { driver, log, host } = parts;
  const about = { driver, volume: volume.name, disk: device.diskId };
  const error = await growFileSystem(host.programs, place);
  if (error === undefined) return log.write('info', 'disk-grown', { ...about, bytes: device.bytes });
  log.write('warn', 'disk-not-grown', { ...about, error });
}

import type { ProgramResult } from '../../host/host.ts';
import { runCheck } from '../shared/file-system-check.ts';
import { readSuperblock } from '../shared/file-system-superblock.ts';
import { quotedOutput } from '../shared/quoted-output.ts';
import { isDiskMounted } from './disk-held.ts';
import type { DiskParts, FoundDisk } from './disk-parts.ts';

/** Bytes that a file system may leave unused at the end of a disk without being too small for it; EBS grows by GiB. */
const slack = 16 * 1024 ** 2;
/** Milliseconds. The caller's signal does not end a resize, which would leave it half done. */
const growDeadline = 60 * 60_000;
/** linux/capability.h; ext4 asks for it before it grows a mounted file system. */
const systemResource = 24n;

/**
 * ext4 that cannot be grown once it is mounted, as this process lacks CAP_SYS_RESOURCE (in a managed plugin, or a
 * container), is grown before: resize2fs then asks for a full check. Throws `failed` when that leaves errors.
 */
export async function growUnmounted(parts: DiskParts, disk: FoundDisk, signal: AbortSignal): Promise<void> {
  const { files, programs } = parts.host;
  if ((await fileSystemToGrow(parts, disk)) !== 'ext4' || (await mayGrowMounted(parts))) return;
  await runCheck({ programs }, checkedPlace(disk), ['-f', '-p'], signal);
  if (await isDiskMounted(files, disk.device.number)) return;
  await grow(parts, disk, 'resize2fs', disk.device.path);
}

/** Source: rule 33. A volume that stays as small as it was is mounted nevertheless, and the log has the reason. */
export async function growMounted(parts: DiskParts, disk: FoundDisk, place: string): Promise<void> {
  const type = await fileSystemToGrow(parts, disk);
  if (type === 'xfs') await grow(parts, disk, 'xfs_growfs', place);
  if (type === 'ext4') await grow(parts, disk, 'resize2fs', disk.device.path);
}

export function checkedPlace({ volume, device }: FoundDisk) {
  return { volume, path: device.path, backup: `Make a snapshot of ${device.diskId}` };
}

async function fileSystemToGrow(
  { host }: DiskParts,
  { device }: FoundDisk,
): Promise<'ext4' | 'xfs' | undefined> {
  const found = await readSuperblock(host.files, device.path);
  return found !== undefined && device.bytes - found.bytes >= slack ? found.type : undefined;
}

async function mayGrowMounted({ host }: DiskParts): Promise<boolean> {
  const status = (await host.files.readText('/proc/self/status')) ?? '';
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> systemResource) & 1n) === 1n;
}

async function grow(parts: DiskParts, disk: FoundDisk, program: string, path: string): Promise<void> {
  const { volume, device } = disk;
  const result = await attempt(parts, program, path);
  if (result.exitCode === 0) return;
  parts.log.write('warn', 'disk-not-grown', {
    driver: parts.driver,
    volume: volume.name,
    disk: device.diskId,
    error: `${program} says ${quotedOutput(result.stderr)}`,
  });
}

async function attempt({ host }: DiskParts, program: string, path: string): Promise<ProgramResult> {
  try {
    return await host.programs.run(program, [path], AbortSignal.timeout(growDeadline));
  } catch (error) {
    return { exitCode: 1, stdout: '', stderr: error instanceof Error ? error.message : String(error) };
  }
}

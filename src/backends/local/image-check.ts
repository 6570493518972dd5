import { basename, join } from 'node:path';
import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Files, Host } from '../../host/host.ts';
import { helped } from '../shared/storage-errors.ts';
import { fsTypeOf, quotedOutput } from './image-format.ts';

/** Offsets in the ext4 superblock, which begins at byte 1024 (kernel: fs/ext4/ext4.h, struct ext4_super_block). */
const superblock = { offset: 1024, length: 1024, magic: 0x38, state: 0x3a, incompatible: 0x60 };
const ext4Magic = 0xef53;
const stateClean = 1;
const needsRecovery = 0x4;
/** e2fsck(8): 1 and 2 are errors that it corrected; from 4 on some are left, or it could not work. */
const leastBadExit = 4;

/**
 * Lets fsck put right what a crash left, before the image is mounted; a clean one costs one read.
 * xfs needs none: it replays its log as it is mounted.
 */
export async function checkImage(
  host: Host,
  volume: Volume,
  image: string,
  signal: AbortSignal,
): Promise<void> {
  if (fsTypeOf(volume) !== 'ext4') return;
  const { offset, length } = superblock;
  if (isCleanExt4(await host.files.readBytes(image, offset, length))) return;
  // Mounted in some other mount namespace, as by a container that outlived an unmount: not clean, and not to be touched.
  if (await isAttached(host.files, image)) return;
  const result = await helped(`Volume ${volume.name} could not be checked`, () =>
    host.programs.run('e2fsck', ['-p', image], signal),
  );
  if (result.exitCode < leastBadExit) return;
  throw new VolumeError(
    'failed',
    `Volume ${volume.name} could not be mounted: its file system is damaged, and e2fsck says ` +
      `${quotedOutput(`${result.stdout} ${result.stderr}`)}. Copy ${image}, then run \`e2fsck -f ${image}\`.`,
  );
}

/** True when the file system was unmounted in order: neither marked with errors nor with a journal to replay. */
export function isCleanExt4(bytes: Uint8Array): boolean {
  if (bytes.byteLength < superblock.length) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (
    view.getUint16(superblock.magic, true) === ext4Magic &&
    view.getUint16(superblock.state, true) === stateClean &&
    (view.getUint32(superblock.incompatible, true) & needsRecovery) === 0
  );
}

/**
 * Whether some loop device has the image, as the kernel says in sysfs; the file system in it may be mounted anywhere.
 * An image's file name has the volume's ID in it, while the path before it depends on who attached it.
 */
async function isAttached(files: Files, image: string): Promise<boolean> {
  const devices = ((await files.list('/sys/block')) ?? []).filter((name) => name.startsWith('loop'));
  const backing = await Promise.all(
    devices.map((name) => files.readText(join('/sys/block', name, 'loop/backing_file'))),
  );
  return backing.some((path) => path !== undefined && basename(path.trimEnd()) === basename(image));
}

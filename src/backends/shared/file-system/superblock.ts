import type { FilesBelow } from '../../../host/host.ts';

/** Data from the superblock of a file system; the first two KiB contain enough of it for both types. */
export interface Superblock {
  readonly type: 'ext4' | 'xfs';
  /** The size of the file system, which may be smaller than its disk or image. */
  readonly bytes: number;
  /** See `isCleanExt4`. */
  readonly isClean: boolean;
}

const length = 2048;
/** The superblock of ext2 to ext4 begins here; the constants below are offsets in it (kernel: fs/ext4/ext4.h). */
const ext4Offset = 1024;
const ext4 = {
  blocks: 0x4,
  blockSize: 0x18,
  magic: 0x38,
  state: 0x3a,
  incompatible: 0x60,
  blocksHigh: 0x150,
};
const ext4Magic = 0xef53;
const stateClean = 1;
const needsRecovery = 0x4;
const has64Bits = 0x80;
/** "XFSB", big-endian like all its fields (kernel: fs/xfs/libxfs/xfs_format.h). */
const xfsMagic = 0x58465342;
const xfs = { magic: 0, blockSize: 4, blocks: 8 };

/** Costs one read. Undefined if it is neither ext2, ext3, ext4 nor xfs; `ext4` stands for the first three. */
export async function readSuperblock(
  files: Pick<FilesBelow, 'readBytes'>,
  path: string,
): Promise<Superblock | undefined> {
  return parseSuperblock(await files.readBytes(path, 0, length));
}

/** Reads the first two KiB. */
function parseSuperblock(bytes: Uint8Array): Superblock | undefined {
  if (bytes.byteLength < length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(xfs.magic) === xfsMagic) {
    const size = view.getUint32(xfs.blockSize) * Number(view.getBigUint64(xfs.blocks));
    return { type: 'xfs', bytes: size, isClean: false };
  }
  const at = (field: number): number => ext4Offset + field;
  if (view.getUint16(at(ext4.magic), true) !== ext4Magic) return undefined;
  const isWide = (view.getUint32(at(ext4.incompatible), true) & has64Bits) !== 0;
  const high = isWide ? view.getUint32(at(ext4.blocksHigh), true) : 0;
  const blocks = high * 2 ** 32 + view.getUint32(at(ext4.blocks), true);
  const size = blocks * 1024 * 2 ** view.getUint32(at(ext4.blockSize), true);
  return { type: 'ext4', bytes: size, isClean: isCleanExt4(bytes.subarray(ext4Offset)) };
}

/**
 * Whether the superblock says that the file system was cleanly unmounted, without errors and without a journal to replay.
 */
export function isCleanExt4(bytes: Uint8Array): boolean {
  if (bytes.byteLength < 1024) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (
    view.getUint16(ext4.magic, true) === ext4Magic &&
    view.getUint16(ext4.state, true) === stateClean &&
    (view.getUint32(ext4.incompatible, true) & needsRecovery) === 0
  );
}

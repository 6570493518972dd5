import { closeSync, openSync, truncateSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { LoopDisk } from '../../../lab/loop/disk.ts';
import { output } from '../../../lab/run.ts';

const mebibyte = 1024 ** 2;
const zfsMebibytes = 64;

/** A disk with somebody else's content, and the evidence that must be reported. */
export interface ForeignDisk {
  readonly name: string;
  readonly mebibytes: number;
  /** The volume's file system type. A disk that already has this type is mounted instead. */
  readonly fsType?: 'xfs';
  make(disk: LoopDisk): unknown;
  readonly evidence: RegExp;
}

/** Programs that create and recognise their content. */
export const foreignPrograms = ['mkfs.ext4', 'mkfs.xfs', 'mkfs.btrfs', 'mkswap', 'sfdisk', 'blkid', 'wipefs'];

export const foreignDisks: readonly ForeignDisk[] = [
  ...(['ext2', 'ext3', 'ext4'] as const).map(
    (type): ForeignDisk => ({
      name: type,
      mebibytes: 16,
      fsType: 'xfs',
      make: ({ device }) => output('mke2fs', ['-q', '-F', '-t', type, device]),
      evidence: new RegExp(`blkid finds ${type} on .*to be xfs`),
    }),
  ),
  {
    name: 'ext3 instead of ext4',
    mebibytes: 16,
    make: ({ device }) => output('mke2fs', ['-q', '-F', '-t', 'ext3', device]),
    evidence: /blkid finds ext3 on .*to be ext4/,
  },
  {
    name: 'xfs',
    mebibytes: 300,
    make: ({ device }) => output('mkfs.xfs', ['-q', device]),
    evidence: /blkid finds xfs on .*to be ext4/,
  },
  {
    name: 'btrfs',
    mebibytes: 128,
    make: ({ device }) => output('mkfs.btrfs', ['-q', device]),
    evidence: /blkid finds btrfs on /,
  },
  {
    name: 'swap',
    mebibytes: 8,
    make: ({ device }) => output('mkswap', [device]),
    evidence: /blkid finds swap on /,
  },
  {
    name: 'a partition table (GPT)',
    mebibytes: 8,
    make: ({ device }) => partition(device, 'gpt'),
    evidence: /blkid finds a partition table \(gpt\) on /,
  },
  {
    name: 'a partition table (MBR)',
    mebibytes: 8,
    make: ({ device }) => partition(device, 'dos'),
    evidence: /blkid finds a partition table \(dos\) on /,
  },
  {
    name: 'LVM',
    mebibytes: 8,
    make: (disk) => put(disk, 512, lvmLabel()),
    evidence: /blkid finds LVM2_member on /,
  },
  {
    name: 'LUKS',
    mebibytes: 8,
    make: (disk) => put(disk, 0, luksHeader()),
    evidence: /blkid finds crypto_LUKS on /,
  },
  {
    name: 'a member of a RAID',
    mebibytes: 8,
    make: (disk) => put(disk, 4096, raidSuperblock(8)),
    evidence: /blkid finds linux_raid_member on /,
  },
  {
    name: 'a member of a RAID, whose superblock is at the end',
    mebibytes: 8,
    make: (disk) => put(disk, 8 * mebibyte - 8192, raidSuperblock(2 * 8192 - 16)),
    evidence: /blkid finds linux_raid_member on /,
  },
  // blkid does not recognise it on smaller disks.
  {
    name: 'ZFS',
    mebibytes: zfsMebibytes,
    make: (disk) => putZfsLabels(disk),
    evidence: /blkid finds zfs_member on /,
  },
  {
    name: 'ext4 with blocks of 1 KiB, whose first MiB is zeroed',
    mebibytes: 16,
    make: async (disk) => zeroed(disk, await output('mkfs.ext4', ['-q', '-F', '-b', '1024', disk.device])),
    evidence: /not blank: the byte at \d+ is \d+, not 0/,
  },
  {
    name: 'ext4 with blocks of 4 KiB, whose first MiB is zeroed',
    mebibytes: 256,
    make: async (disk) => zeroed(disk, await output('mkfs.ext4', ['-q', '-F', '-b', '4096', disk.device])),
    evidence: /not blank: the byte at \d+ is \d+, not 0/,
  },
  {
    name: 'xfs, whose first MiB is zeroed',
    mebibytes: 300,
    make: async (disk) => zeroed(disk, await output('mkfs.xfs', ['-q', disk.device])),
    evidence: /not blank: the byte at \d+ is \d+, not 0/,
  },
  {
    name: 'btrfs, whose first MiB is zeroed',
    mebibytes: 128,
    make: async (disk) => zeroed(disk, await output('mkfs.btrfs', ['-q', disk.device])),
    evidence: /not blank: the byte at \d+ is \d+, not 0/,
  },
  {
    name: 'random bytes at the end',
    mebibytes: 8,
    make: (disk) => put(disk, 8 * mebibyte - 512, Buffer.from('what a user wrote without a file system')),
    evidence: /not blank: the byte at 8388096 is 119, not 0/,
  },
  {
    name: 'one byte at the very end',
    mebibytes: 8,
    make: (disk) => put(disk, 8 * mebibyte - 1, Buffer.from([1])),
    evidence: /not blank: the byte at 8388607 is 1, not 0/,
  },
  {
    name: 'an unreadable disk',
    mebibytes: 8,
    // A loop device fails reads beyond the end of its file; blkid and wipefs then report nothing.
    make: ({ file }) => truncateSync(file, 0),
    evidence: /cannot be read at 0 \(EIO.*its content is unknown/,
  },
  {
    name: 'a disk that is unreadable at its end',
    mebibytes: 8,
    make: ({ file }) => truncateSync(file, 4 * mebibyte),
    evidence: /cannot be read at 4194304 \(EIO/,
  },
];

/** One partition, as large as it can be. */
function partition(device: string, label: 'gpt' | 'dos'): Promise<string> {
  const script = 'echo , | sfdisk --quiet --no-reread --no-tell-kernel --label "$1" "$0"';
  return output('sh', ['-c', script, device, label]);
}

function put({ device }: LoopDisk, offset: number, bytes: Uint8Array): void {
  const file = openSync(device, 'r+');
  try {
    writeSync(file, bytes, 0, bytes.length, offset);
  } finally {
    closeSync(file);
  }
}

function zeroed(disk: LoopDisk, _made: string): void {
  put(disk, 0, Buffer.alloc(mebibyte));
}

/** lib/format_text/layout.h: the label in sector 1. Its checksum has LVM's seed, and covers everything after itself. */
function lvmLabel(): Uint8Array {
  const label = Buffer.alloc(512);
  label.write('LABELONE', 0);
  label.writeBigUInt64LE(1n, 8);
  label.writeUInt32LE(32, 20);
  label.write('LVM2 001', 24);
  label.write('abcdefabcdefabcdefabcdefabcdefab', 32);
  // zlib inverts the seed and the result; LVM inverts neither.
  const seed = ~0xf597a6cf >>> 0;
  label.writeUInt32LE(~crc32(label.subarray(20), seed) >>> 0, 16);
  return label;
}

/** LUKS1 on-disk format: magic, version, cipher. */
function luksHeader(): Uint8Array {
  const header = Buffer.alloc(592);
  header.write('LUKS\xba\xbe', 0, 'latin1');
  header.writeUInt16BE(1, 6);
  header.write('aes', 8);
  header.write('xts-plain64', 40);
  header.write('01234567-89ab-cdef-0123-456789abcdef', 168);
  return header;
}

/** linux/raid/md_p.h, version 1: it contains its own sector number. */
function raidSuperblock(sector: number): Uint8Array {
  const block = Buffer.alloc(256);
  block.writeUInt32LE(0xa92b4efc, 0);
  block.writeUInt32LE(1, 4);
  block.write('0123456789abcdef', 16);
  block.writeBigUInt64LE(BigInt(sector), 144);
  return block;
}

/** Uberblocks in the ring of each of the four labels. */
function putZfsLabels(disk: LoopDisk): void {
  const label = 256 * 1024;
  const size = zfsMebibytes * mebibyte;
  const uberblock = Buffer.alloc(1024);
  uberblock.writeBigUInt64LE(0x00bab10cn, 0);
  uberblock.writeBigUInt64LE(5000n, 8);
  for (const start of [0, label, size - 2 * label, size - label]) {
    for (let slot = 0; slot < 8; slot++) put(disk, start + label / 2 + slot * uberblock.length, uberblock);
  }
}

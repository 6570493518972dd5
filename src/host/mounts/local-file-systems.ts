import type { MountEntry } from '../host.ts';

/** File systems that need no server and no other process. With any other, a call may wait forever. */
const local: ReadonlySet<string> = new Set([
  'bcachefs',
  'btrfs',
  'devtmpfs',
  'erofs',
  'exfat',
  'ext2',
  'ext3',
  'ext4',
  'f2fs',
  'overlay',
  'ramfs',
  'squashfs',
  'tmpfs',
  'vfat',
  'xfs',
  'zfs',
]);

export function isLocal(entry: MountEntry | undefined): boolean {
  return entry !== undefined && local.has(entry.type);
}

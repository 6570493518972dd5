import type { MountEntry } from './host.ts';

/** Those that answer without a server and without another process. Any other may make a call wait for ever. */
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

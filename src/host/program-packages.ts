/** The Debian package of each program that a backend may run. */
const packages: Readonly<Record<string, readonly string[]>> = {
  tar: ['tar'],
  coreutils: ['cp', 'rm', 'stat', 'sync', 'timeout'],
  e2fsprogs: ['mkfs.ext4', 'e2fsck', 'fsck.ext4', 'resize2fs', 'tune2fs', 'dumpe2fs', 'chattr', 'lsattr'],
  'glusterfs-client': ['mount.glusterfs', 'glusterfs', 'gluster'],
  'libc-bin': ['getent'],
  mount: ['mount', 'umount', 'losetup'],
  'nfs-common': ['mount.nfs', 'mount.nfs4', 'umount.nfs', 'umount.nfs4', 'showmount'],
  'perl-base': ['perl'],
  restic: ['restic'],
  'util-linux': ['blkid', 'blockdev', 'fsck', 'fsfreeze', 'fstrim', 'lsblk', 'unshare', 'wipefs'],
  xfsprogs: ['mkfs.xfs', 'xfs_repair', 'xfs_growfs', 'xfs_admin'],
};

export function packageOf(program: string): string | undefined {
  return Object.keys(packages).find((name) => packages[name]?.includes(program));
}

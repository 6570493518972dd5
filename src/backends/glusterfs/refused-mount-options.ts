const access = 'use the option readOnly';
const servers = "the servers are those of the driver's settings";
const log = "the log is that of the driver's settings, logDir and logLevel";
const place = 'name another Gluster volume or a directory by -o share=server:volume/directory';
const fstab = 'it means something in /etc/fstab only: leave it out';
const nothing = 'mount.glusterfs says nothing and mounts nothing with it';

/** The way out for those that users of mount.glusterfs(8) and glusterfs(8) know. */
export const refusedMountOptions: ReadonlyMap<string, string> = new Map([
  ['ro', access],
  ['rw', access],
  ['read-only', access],
  ['backup-volfile-servers', servers],
  ['backupvolfile-server', servers],
  ['volfile-server', servers],
  ['server-port', servers],
  ['volfile-server-port', servers],
  ['transport', servers],
  ['volfile-server-transport', servers],
  ['log-level', log],
  ['log-file', log],
  ['logger', log],
  ['subdir-mount', place],
  ['volume-id', place],
  ['volfile-id', place],
  ['volume-name', place],
  ['fuse-mountopts', 'write the options in it by themselves'],
  ['dump-fuse', "it writes a file of anybody's choice on the host"],
  ['auto_unmount', 'a dead mount must stay, so that no container writes to the directory below it'],
  ['_netdev', fstab],
  ['auto', fstab],
  ['noauto', fstab],
  ['nofail', fstab],
  ['defaults', fstab],
  ['relatime', `it is the default, and ${nothing}`],
  ['nodiratime', nothing],
  ['strictatime', nothing],
  ['lazyatime', nothing],
  ['nolazyatime', nothing],
]);

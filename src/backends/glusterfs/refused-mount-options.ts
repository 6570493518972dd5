const access = 'write the option readOnly=true';
const servers = "the servers are those of the driver's settings";
const log = "the log is that of the driver's settings, logDir and logLevel";
const place = 'name another Gluster volume or a directory by the option share=server:volume/directory';
const fstab = 'it has a meaning only in /etc/fstab: leave it out';
const nothing = 'with it, mount.glusterfs does not mount, and reports no error';

/** The way out for other options known to users of mount.glusterfs(8) and glusterfs(8). */
export const refusedMountOptions: ReadonlyMap<string, string> = new Map([
  ['ro', access],
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
  [
    'aux-gfid-mount',
    'it shows every file of the Gluster volume, also outside of the directory that is mounted',
  ],
  ['dump-fuse', 'it writes to any given file of the host'],
  ['auto_unmount', 'a dead mount must stay, so that no container writes to the directory below it'],
  ['_netdev', fstab],
  ['noauto', fstab],
  ['nofail', fstab],
  ['relatime', `it is the default, and ${nothing}`],
  ['nodiratime', nothing],
  ['strictatime', nothing],
  ['lazyatime', nothing],
  ['nolazyatime', nothing],
]);

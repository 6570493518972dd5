import type { Service } from '../service.ts';
import type { Guest } from './guest.ts';

/** What a test with NFS needs in addition to `realGuest`. */
export const nfsPrograms = [
  'rpcbind',
  'rpc.nfsd',
  'rpc.mountd',
  'rpc.statd',
  'exportfs',
  'mount.nfs',
  'mkfs.ext4',
] as const;

interface NfsExport {
  /** The path to mount, for every NFS version. */
  readonly path: string;
  /** Options of exportfs(8) without the fsid; see `usual`. */
  readonly options?: string;
  /** Part of each file handle: a new fsid makes old handles stale. Default: the index in the list, from 1. */
  readonly fsid?: number;
}

export interface NfsServerSettings {
  readonly exports: readonly NfsExport[];
  /** The supported versions, such as `['4.2']`; default: 3 and all of 4. */
  readonly versions?: readonly NfsVersion[];
}

type NfsVersion = '3' | '4.0' | '4.1' | '4.2';

/** The kernel's own NFS server in a guest. */
export interface NfsServer {
  /** Stops it: its port is closed. Waiting clients continue when it starts again. */
  stop(): Promise<void>;
  /** Starts it again with the same exports. */
  start(): Promise<void>;
  /** Exports a folder again, with other options or another fsid; effective at once for all clients. */
  export(change: NfsExport): Promise<void>;
  /** Stops exporting it: all its files are stale for clients. */
  withdraw(path: string): Promise<void>;
}

const usual = 'rw,no_root_squash,insecure,no_subtree_check';

export async function startNfsServer(guest: Guest, settings: NfsServerSettings): Promise<NfsServer> {
  const exported = new Map(
    settings.exports.map((given, index) => [given.path, { fsid: index + 1, ...given }]),
  );
  const mountd = guest.service('mountd');
  const server: NfsServer = {
    start: () =>
      start(guest, mountd, [...exported.values()], settings.versions ?? ['3', '4.0', '4.1', '4.2']),
    stop: async () => {
      await guest.output('rpc.nfsd', ['0']);
      await guest.output('exportfs', ['-ua']);
      await mountd.stop();
    },
    export: async (change) => {
      const before = exported.get(change.path);
      const after = { fsid: before?.fsid ?? exported.size + 1, ...change };
      if (before) await guest.output('exportfs', ['-u', `*:${change.path}`]);
      exported.set(change.path, after);
      await add(guest, after);
      await guest.output('exportfs', ['-f']);
    },
    withdraw: async (path) => {
      exported.delete(path);
      await guest.output('exportfs', ['-u', `*:${path}`]);
      await guest.output('exportfs', ['-f']);
    },
  };
  await startNfsClient(guest);
  await server.start();
  return server;
}

/** Starts what NFS 3 clients need for locks, unless it already runs. NFS 4 clients need nothing. */
export async function startNfsClient(guest: Guest): Promise<void> {
  await guest.output('sh', ['-ec', preparation]);
}

/** In seconds, the kernel's minimum. Locks are refused for 3 seconds after a start of the server. */
const preparation = `
  pidof rpcbind > /dev/null || rpcbind -w
  cd /var/lib/nfs
  mkdir -p v4recovery sm sm.bak
  touch etab rmtab state
  pidof rpc.statd > /dev/null || rpc.statd --no-notify
  mountpoint -q /proc/fs/nfsd || mount -t nfsd nfsd /proc/fs/nfsd
  echo 10 > /proc/fs/nfsd/nfsv4leasetime
  echo 10 > /proc/fs/nfsd/nfsv4gracetime
  echo 3 > /proc/sys/fs/nfs/nlm_timeout
  echo 3 > /proc/sys/fs/nfs/nlm_grace_period`;

async function start(
  guest: Guest,
  mountd: Service,
  exports: readonly NfsExport[],
  versions: readonly NfsVersion[],
): Promise<void> {
  for (const given of exports) await add(guest, given);
  await guest.output('sh', ['-ec', `rpc.nfsd ${versionFlags(versions).join(' ')} --no-udp 4`]);
  await mountd.start('rpc.mountd', ['--foreground']);
  // Ends the grace period, which would delay new clients. EBUSY: it has ended, because all earlier clients are back.
  await guest.run('sh', ['-c', 'echo Y > /proc/fs/nfsd/v4_end_grace']);
}

function versionFlags(versions: readonly NfsVersion[]): readonly string[] {
  const all: readonly NfsVersion[] = ['3', '4.0', '4.1', '4.2'];
  return all.flatMap((version) => [
    versions.includes(version) ? '--nfs-version' : '--no-nfs-version',
    version,
  ]);
}

function add(guest: Guest, { path, options = usual, fsid }: NfsExport): Promise<string> {
  return guest.output('exportfs', ['-o', `${options},fsid=${fsid}`, `*:${path}`]);
}

import type { FakeState } from './state.ts';
import {
  createFakeFileSystem,
  type FakeDirectory,
  type FakeFileSystem,
  type FakeNode,
  pathOf,
} from './tree.ts';

/** One client of a share on one host (a superblock), used by a mount and all its binds. */
export interface FakeClient {
  readonly share: FakeFileSystem;
  /** Its own "major:minor"; the files are the same in each client. */
  readonly device: string;
  readonly type: string;
  readonly superOptions: readonly string[];
  /** Whether later mounts of the same share use it as well. */
  readonly isShared: boolean;
  /** PID in the fake's `/proc`; undefined if the client is the kernel. */
  readonly pid: number | undefined;
  condition: 'well' | 'stale' | 'client-dead';
  /**
   * Cached names of directories in this NFS client, including missing ones: used until the directory is opened, even if other
   * hosts change it (nfs(5), "Directory entry caching"). None for GlusterFS.
   */
  readonly remembered: Map<FakeDirectory, Map<string, FakeNode | undefined>> | undefined;
}

/** The client of a mount of a share, and its requested options. */
export interface FakeShareMount {
  readonly client: FakeClient;
  readonly source: string;
  readonly root: FakeDirectory;
}

const tebibyte = 1024 ** 4;

/** The node of a name in a directory, as the mount's client sees it. */
export function lookedUp(
  client: FakeClient | undefined,
  directory: FakeDirectory,
  name: string,
): FakeNode | undefined {
  const all = client?.remembered;
  if (!all) return directory.entries.get(name);
  const names = all.get(directory) ?? new Map<string, FakeNode | undefined>();
  all.set(directory, names);
  if (!names.has(name)) names.set(name, directory.entries.get(name));
  return names.get(name);
}

/** A share for `state.shares` of one or several hosts. Its `conditions` are those of its servers. */
export function createFakeShare(): FakeFileSystem {
  return createFakeFileSystem('share', '0:0', tebibyte);
}

/** The error code of calls through this client; undefined if they succeed. */
export function refusalOf({ share, condition, type }: FakeClient): string | undefined {
  if (condition === 'stale') return 'ESTALE';
  if (condition === 'client-dead') return 'ENOTCONN';
  if (share.conditions.has('down')) return 'ETIMEDOUT';
  if (share.conditions.has('withdrawn')) return 'EACCES';
  return share.conditions.has('bricks-down') && type === 'fuse.glusterfs' ? 'ENOTCONN' : undefined;
}

/** Root and source of a share's directory in mountinfo: for NFS, the source ends with the root, which is the path on the server. */
export function sourceOf(mount: FakeShareMount, node: FakeDirectory): { root: string; source: string } {
  const root = pathWithin(mount.root, node);
  if (!mount.client.type.startsWith('nfs')) return { root, source: mount.source };
  const source = root === '/' ? mount.source : `${mount.source}${root}`;
  return { root: source.slice(source.indexOf(':/') + 1), source };
}

/** Breaks the existing mounts of a share on this host; new mounts work. */
export function breakClients(state: FakeState, share: FakeFileSystem, how: 'stale' | 'client-dead'): void {
  for (const { via } of state.mounts) {
    if (via?.client.share !== share) continue;
    via.client.condition = how;
    if (how === 'client-dead') endProcess(state, via.client);
  }
}

/** Ends a client's process with its last mount. */
export function endIfIdle(state: FakeState, client: FakeClient): void {
  if (!state.mounts.some(({ via }) => via?.client === client)) endProcess(state, client);
}

function endProcess(state: FakeState, { pid }: FakeClient): void {
  const proc = state.rootFileSystem.root.entries.get('proc');
  if (proc?.kind === 'directory') proc.entries.delete(`${pid}`);
}

function pathWithin(root: FakeDirectory, node: FakeDirectory): string {
  const above = pathOf(root);
  const path = pathOf(node);
  if (above === '/') return path;
  return path.startsWith(`${above}/`) ? path.slice(above.length) : '/';
}

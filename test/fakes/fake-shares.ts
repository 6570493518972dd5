import type { FakeState } from './fake-host-state.ts';
import { createFakeFileSystem, type FakeDirectory, type FakeFileSystem, pathOf } from './fake-tree.ts';

/** One client of a share on one host (a superblock): a mount of it, and all binds of that. */
export interface FakeClient {
  readonly share: FakeFileSystem;
  /** "major:minor" of its own, while the files are the same through each client. */
  readonly device: string;
  readonly type: string;
  readonly superOptions: readonly string[];
  /** Later mounts of the same share use it too. */
  readonly isShared: boolean;
  /** Of its process, in the fake's `/proc`; undefined when the kernel itself is the client. */
  readonly pid: number | undefined;
  condition: 'well' | 'stale' | 'client-dead';
}

/** How a mount shows a share: through which client, and what was asked for. */
export interface FakeShareMount {
  readonly client: FakeClient;
  readonly source: string;
  readonly root: FakeDirectory;
}

const tebibyte = 1024 ** 4;

/** For `state.shares`, of one host or of several; `conditions` are those of its servers. */
export function createFakeShare(): FakeFileSystem {
  return createFakeFileSystem('share', '0:0', tebibyte);
}

/** The code of what a call says that goes through this client; undefined when it is answered. */
export function refusalOf({ share, condition, type }: FakeClient): string | undefined {
  if (condition === 'stale') return 'ESTALE';
  if (condition === 'client-dead') return 'ENOTCONN';
  if (share.conditions.has('down')) return 'ETIMEDOUT';
  return share.conditions.has('bricks-down') && type === 'fuse.glusterfs' ? 'ENOTCONN' : undefined;
}

/** What mountinfo shows of a directory of a share: NFS adds to the source what a bind's root lies below it. */
export function sourceOf(mount: FakeShareMount, node: FakeDirectory): { root: string; source: string } {
  const root = pathWithin(mount.root, node);
  const isLonger = mount.client.type.startsWith('nfs') && root !== '/';
  return { root, source: isLonger ? `${mount.source}${root}` : mount.source };
}

/** The existing mounts of a share go bad on this host; what is mounted from now on is well. */
export function breakClients(state: FakeState, share: FakeFileSystem, how: 'stale' | 'client-dead'): void {
  for (const { via } of state.mounts) {
    if (via?.client.share !== share) continue;
    via.client.condition = how;
    if (how === 'client-dead') endProcess(state, via.client);
  }
}

/** A client's process ends with its last mount. */
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

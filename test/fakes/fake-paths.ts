import { dirname, posix } from 'node:path';
import type { FakeMount, FakeState } from './fake-host-state.ts';
import { refusalOf } from './fake-shares.ts';
import type { FakeDirectory, FakeNode } from './fake-tree.ts';

/** Where a path leads: the node, the mount it is seen through, and the path without symlinks. */
export interface Place {
  readonly path: string;
  readonly node: FakeNode;
  readonly mount: FakeMount;
}

const mostSymlinks = 40;

/** Resolves a path as the kernel does, through mounts and symlinks. Throws ENOENT, ENOTDIR, ELOOP, and what a share says. */
export function walk(state: FakeState, path: string, last: 'follow' | 'keep'): Place {
  const place = reach(state, path, last);
  requireAnswer(place, path);
  return place;
}

/** The same, but what lies at the end is not asked anything: a mountpoint is there, whatever is mounted on it. */
export function reach(state: FakeState, path: string, last: 'follow' | 'keep', followed = 0): Place {
  if (followed > mostSymlinks) throw errno('ELOOP', path);
  let place = cross(state, rootPlace(state));
  const names = posix.normalize(path).split('/').filter(Boolean);
  for (const [index, name] of names.entries()) {
    const child = step(state, place, name, path);
    const isLast = index === names.length - 1;
    if (child.node.kind === 'symlink' && !(isLast && last === 'keep')) {
      const rest = names.slice(index + 1).join('/');
      return reach(state, posix.resolve(place.path, child.node.target, rest), last, followed + 1);
    }
    place = child;
  }
  return place;
}

/** The same, but undefined when there is nothing. */
export function find(state: FakeState, path: string, last: 'follow' | 'keep'): Place | undefined {
  return unless(['ENOENT', 'ENOTDIR'], () => walk(state, path, last));
}

/** As `reach`, but undefined when there is nothing, or when the way there leads through a share that does not answer. */
export function findMountpoint(state: FakeState, path: string): Place | undefined {
  return unless(['ENOENT', 'ENOTDIR', 'ESTALE', 'ENOTCONN', 'ETIMEDOUT'], () => reach(state, path, 'keep'));
}

/** Whether a call on the path waits for a server that does not answer. */
export function hangs(state: FakeState, path: string): boolean {
  try {
    walk(state, path, 'keep');
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ETIMEDOUT';
  }
}

function unless(codes: readonly unknown[], look: () => Place): Place | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && 'code' in error && codes.includes(error.code)) return undefined;
    throw error;
  }
}

/** "major:minor": of the mount's own client where it shows a share. */
export function deviceOf(mount: FakeMount): string {
  return mount.via?.client.device ?? mount.fileSystem.device;
}

export function isMountRoot(place: Place): boolean {
  return place.mount.mountpoint === place.path;
}

/** The directory that holds the path, made sure that an entry can be changed in it. */
export function writableParent(state: FakeState, path: string): FakeDirectory {
  const parent = walk(state, dirname(path), 'follow');
  if (parent.node.kind !== 'directory') throw errno('ENOTDIR', path);
  requireWritable(parent, path);
  if (parent.node.immutable) throw errno('EPERM', path);
  return parent.node;
}

/** The node, made sure that it can be changed. */
export function writableNode(state: FakeState, path: string): FakeNode {
  const place = walk(state, path, 'keep');
  requireWritable(place, path);
  return place.node;
}

/** The directory that holds the path, made sure that something can be added to it. */
export function roomyParent(state: FakeState, path: string): FakeDirectory {
  const parent = writableParent(state, path);
  if (parent.fileSystem.conditions.has('full')) throw errno('ENOSPC', path);
  return parent;
}

function requireWritable({ mount, node }: Place, path: string): void {
  const isReadOnly = mount.options.includes('ro') || node.fileSystem.conditions.has('read-only');
  if (isReadOnly) throw errno('EROFS', path);
}

function requireAnswer({ mount }: Place, path: string): void {
  const refusal = mount.via && refusalOf(mount.via.client);
  if (refusal !== undefined) throw errno(refusal, path);
}

/** An error as Node's own file functions throw it. */
export function errno(code: string, path: string): Error & { readonly code: string } {
  return Object.assign(new Error(`${code}: ${path}`), { code, path });
}

function step(state: FakeState, place: Place, name: string, path: string): Place {
  requireAnswer(place, path);
  if (place.node.kind !== 'directory') throw errno('ENOTDIR', path);
  const node = place.node.entries.get(name);
  if (!node) throw errno('ENOENT', path);
  return cross(state, { path: posix.join(place.path, name), node, mount: place.mount });
}

/** Goes up to the topmost of the mounts stacked there. */
function cross(state: FakeState, place: Place): Place {
  const child = state.mounts.findLast(
    (mount) => mount.parentId === place.mount.mountId && mount.mountpoint === place.path,
  );
  return child ? cross(state, { path: place.path, node: child.node, mount: child }) : place;
}

function rootPlace(state: FakeState): Place {
  const [mount] = state.mounts;
  if (!mount) throw new Error('the fake machine has lost its root');
  return { path: '/', node: mount.node, mount };
}

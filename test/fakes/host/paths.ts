import { basename, dirname, posix } from 'node:path';
import { lookedUp, refusalOf } from './shares.ts';
import type { FakeMount, FakeState } from './state.ts';
import type { FakeDirectory, FakeNode } from './tree.ts';

/** The target of a path: the node, its mount, and the path without symlinks. */
export interface Place {
  readonly path: string;
  readonly node: FakeNode;
  readonly mount: FakeMount;
}

const mostSymlinks = 40;

/** Resolves a path as the kernel does, through mounts and symlinks. Throws ENOENT, ENOTDIR, ELOOP, or the error of a share. */
export function walk(state: FakeState, path: string, last: 'follow' | 'keep'): Place {
  const place = reach(state, path, last);
  requireAnswer(place, path);
  return place;
}

/** The same, but does not access the target: a mountpoint exists, even if a dead share is mounted on it. */
export function reach(state: FakeState, path: string, last: 'follow' | 'keep', followed = 0): Place {
  if (followed > mostSymlinks) throw errno('ELOOP', path);
  const start = detachedPlace(state, path) ?? rootPlace(state);
  let place = cross(state, start);
  const names = posix.relative(start.path, posix.normalize(path)).split('/').filter(Boolean);
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

/** The same, but undefined if the path does not exist. */
export function find(state: FakeState, path: string, last: 'follow' | 'keep'): Place | undefined {
  return unless(['ENOENT', 'ENOTDIR'], () => walk(state, path, last));
}

/** The directory at this path, which is the root or below it. Throws EXDEV for another one, and EFTYPE for other files. */
export function directoryBelow(state: FakeState, root: string, path: string): FakeDirectory {
  if (path !== root && !path.startsWith(`${root}/`)) throw errno('EXDEV', path);
  const { node } = walk(state, path, path === root ? 'follow' : 'keep');
  if (node.kind !== 'directory') throw errno('EFTYPE', path);
  return node;
}

/** Like `reach`, but undefined if the path does not exist, or leads through a share that does not answer. */
export function findMountpoint(state: FakeState, path: string): Place | undefined {
  return unless(['ENOENT', 'ENOTDIR', 'ESTALE', 'ENOTCONN', 'ETIMEDOUT'], () => reach(state, path, 'keep'));
}

/** Whether a call on the path would wait for a server that does not answer. */
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

/** "major:minor"; for a share, that of the mount's client. */
export function deviceOf(mount: FakeMount): string {
  return mount.via?.client.device ?? mount.fileSystem.device;
}

export function isMountRoot(place: Place): boolean {
  return place.mount.mountpoint === place.path;
}

/** The parent directory; throws if entries in it cannot be changed. */
export function writableParent(state: FakeState, path: string): FakeDirectory {
  const parent = walk(state, dirname(path), 'follow');
  if (parent.node.kind !== 'directory') throw errno('ENOTDIR', path);
  requireWritable(state, parent, path);
  if (parent.node.immutable) throw errno('EPERM', path);
  forget(parent, basename(path));
  return parent.node;
}

/** Drops a cached name, because a client knows its own changes, and what it learned when it opened a file by name. */
function forget({ mount, node }: Place, name: string): void {
  if (node.kind === 'directory') mount.via?.client.remembered?.get(node)?.delete(name);
}

/** Opening a directory makes an NFS client ask for its names again; without permission, the kernel returns ESTALE. */
export function refresh(state: FakeState, directory: string): void {
  const root = findMountpoint(state, directory);
  const { share, remembered } = root?.mount.via?.client ?? {};
  if (remembered && share?.conditions.has('withdrawn')) throw errno('ESTALE', directory);
  const place = find(state, directory, 'follow');
  if (place?.node.kind === 'directory') place.mount.via?.client.remembered?.delete(place.node);
}

/** Like `find`, for an open: a cached existing name is checked with the server. */
export function findToOpen(state: FakeState, path: string): Place | undefined {
  const parent = find(state, dirname(path), 'follow');
  if (parent && find(state, path, 'keep')) forget(parent, basename(path));
  return find(state, path, 'follow');
}

/** The node; throws if it cannot be changed. */
export function writableNode(state: FakeState, path: string): FakeNode {
  const place = walk(state, path, 'keep');
  requireWritable(state, place, path);
  return place.node;
}

/** The parent directory; throws if nothing can be added to it. */
export function roomyParent(state: FakeState, path: string): FakeDirectory {
  const parent = writableParent(state, path);
  if (parent.fileSystem.conditions.has('full')) throw errno('ENOSPC', path);
  return parent;
}

function requireWritable(state: FakeState, { mount, node }: Place, path: string): void {
  const isReadOnly = mount.options.includes('ro') || node.fileSystem.conditions.has('read-only');
  if (isReadOnly || isInReadOnly(node)) throw errno('EROFS', path);
  if (state.frozen.has(node.fileSystem)) throw new Error(`a write to ${path} would wait: it is frozen`);
}

/** In a read-only subvolume. */
function isInReadOnly(node: FakeNode | undefined): boolean {
  if (node === undefined) return false;
  return (node.kind === 'directory' && node.subvolume === 'read-only') || isInReadOnly(node.parent);
}

function requireAnswer({ mount }: Place, path: string): void {
  const refusal = mount.via && refusalOf(mount.via.client);
  if (refusal !== undefined) throw errno(refusal, path);
}

/** An error like those of Node's own file functions. */
export function errno(code: string, path: string): Error & { readonly code: string } {
  return Object.assign(new Error(`${code}: ${path}`), { code, path });
}

function step(state: FakeState, place: Place, name: string, path: string): Place {
  requireAnswer(place, path);
  if (place.node.kind !== 'directory') throw errno('ENOTDIR', path);
  const node = lookedUp(place.mount.via?.client, place.node, name);
  if (!node) throw errno('ENOENT', path);
  return cross(state, { path: posix.join(place.path, name), node, mount: place.mount });
}

/** Moves to the topmost of the mounts stacked there. */
function cross(state: FakeState, place: Place): Place {
  const child = state.mounts.findLast(
    (mount) => mount.parentId === place.mount.mountId && mount.mountpoint === place.path,
  );
  return child ? cross(state, { path: place.path, node: child.node, mount: child }) : place;
}

/** A detached mount has no parent; its path is a descriptor of the process that made it. */
export function isDetached({ mountId, parentId }: FakeMount): boolean {
  return parentId === 0 && mountId !== 1;
}

function detachedPlace(state: FakeState, path: string): Place | undefined {
  const mount = state.mounts.find((one) => isDetached(one) && `${path}/`.startsWith(`${one.mountpoint}/`));
  return mount && { path: mount.mountpoint, node: mount.node, mount };
}

function rootPlace(state: FakeState): Place {
  const [mount] = state.mounts;
  if (!mount) throw new Error('the fake machine has lost its root');
  return { path: '/', node: mount.node, mount };
}

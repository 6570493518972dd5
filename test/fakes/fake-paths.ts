import { dirname, posix } from 'node:path';
import type { FakeMount, FakeState } from './fake-host-state.ts';
import type { FakeDirectory, FakeNode } from './fake-tree.ts';

/** Where a path leads: the node, the mount it is seen through, and the path without symlinks. */
export interface Place {
  readonly path: string;
  readonly node: FakeNode;
  readonly mount: FakeMount;
}

const mostSymlinks = 40;

/** Resolves a path as the kernel does, through mounts and symlinks. Throws ENOENT, ENOTDIR and ELOOP. */
export function walk(state: FakeState, path: string, last: 'follow' | 'keep', followed = 0): Place {
  if (followed > mostSymlinks) throw errno('ELOOP', path);
  let place = cross(state, rootPlace(state));
  const names = posix.normalize(path).split('/').filter(Boolean);
  for (const [index, name] of names.entries()) {
    const child = step(state, place, name, path);
    const isLast = index === names.length - 1;
    if (child.node.kind === 'symlink' && !(isLast && last === 'keep')) {
      const rest = names.slice(index + 1).join('/');
      return walk(state, posix.resolve(place.path, child.node.target, rest), last, followed + 1);
    }
    place = child;
  }
  return place;
}

/** The same, but undefined when there is nothing. */
export function find(state: FakeState, path: string, last: 'follow' | 'keep'): Place | undefined {
  try {
    return walk(state, path, last);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return undefined;
    }
    throw error;
  }
}

export function isMountRoot(place: Place): boolean {
  return place.mount.mountpoint === place.path;
}

/** The directory that holds the path, made sure that an entry can be changed in it. */
export function writableParent(state: FakeState, path: string): FakeDirectory {
  const parent = walk(state, dirname(path), 'follow');
  if (parent.node.kind !== 'directory') throw errno('ENOTDIR', path);
  if (parent.mount.options.includes('ro')) throw errno('EROFS', path);
  if (parent.node.immutable) throw errno('EPERM', path);
  return parent.node;
}

/** The node, made sure that it can be changed. */
export function writableNode(state: FakeState, path: string): FakeNode {
  const place = walk(state, path, 'keep');
  if (place.mount.options.includes('ro')) throw errno('EROFS', path);
  return place.node;
}

/** An error as Node's own file functions throw it. */
export function errno(code: string, path: string): Error & { readonly code: string } {
  return Object.assign(new Error(`${code}: ${path}`), { code, path });
}

function step(state: FakeState, place: Place, name: string, path: string): Place {
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

import { posix } from 'node:path';
import { errno, find, isMountRoot, writableParent } from './paths.ts';
import type { FakeState } from './state.ts';
import { detachNode, type FakeNode } from './tree.ts';

export function removeDirectory(state: FakeState, path: string): void {
  const place = find(state, path, 'keep');
  if (!place) return;
  if (place.node.kind !== 'directory') throw errno('ENOTDIR', path);
  if (isMountRoot(place)) throw errno('EBUSY', path);
  if (place.node.entries.size > 0) throw errno('ENOTEMPTY', path);
  writableParent(state, path);
  detachNode(place.node);
}

export function removeIfEmpty(state: FakeState, path: string): void {
  const place = find(state, path, 'keep');
  if (place?.node.kind !== 'directory' || isMountRoot(place) || place.node.entries.size > 0) return;
  removeDirectory(state, path);
}

export function removeTree(state: FakeState, path: string): void {
  const place = find(state, path, 'keep');
  if (!place) return;
  const isMountedBelow = state.mounts.some((mount) => mount.mountpoint.startsWith(`${place.path}/`));
  if (isMountRoot(place) || isMountedBelow) throw errno('EBUSY', path);
  writableParent(state, path);
  clear(place.node, path);
  detachNode(place.node);
}

/** An immutable directory can be neither emptied nor removed. */
function clear(node: FakeNode, path: string): void {
  if (node.kind !== 'directory') return;
  if (node.immutable) throw errno('EPERM', path);
  for (const [name, child] of [...node.entries]) {
    clear(child, posix.join(path, name));
    detachNode(child);
  }
}

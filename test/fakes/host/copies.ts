import { basename } from 'node:path';
import { VolumeError } from '../../../src/core/volume-error.ts';
import type { Freeze } from '../../../src/host/host.ts';
import { errno, find, findMountpoint, isMountRoot, roomyParent, walk } from './paths.ts';
import type { FakeState } from './state.ts';
import {
  addDirectory,
  addFile,
  addLink,
  addOddFile,
  createFakeFileSystem,
  type FakeDirectory,
  type FakeFile,
  type FakeFileSystem,
  type FakeNode,
} from './tree.ts';

/** As `Files.clone`. */
export function clone(state: FakeState, from: string, to: string): void {
  const file = fileAt(state, from);
  if (!file.fileSystem.conditions.has('reflinks')) throw errno('ENOTSUP', to);
  copy(state, from, to);
}

/** As `Files.copy`. A real copy of an image that is written meanwhile would not be a valid file system. */
export function copy(state: FakeState, from: string, to: string): void {
  const { node } = walk(state, from, 'keep');
  if ([...state.loops.values()].some((file) => file === node))
    throw new Error(`${from} is mounted: a copy of it would be torn`);
  copyAnyway(state, node, to);
}

/** As `Files.cloneFrozen`; the freeze is over when it returns. */
export function cloneFrozen(state: FakeState, from: string, to: string, { mountpoint }: Freeze): number {
  const file = fileAt(state, from);
  const place = findMountpoint(state, mountpoint);
  if (!place || !isMountRoot(place))
    throw new VolumeError('unavailable', `Cannot freeze ${mountpoint}: nothing is mounted there`);
  const mounted = place.mount.fileSystem;
  if (mounted !== file.image)
    throw new Error(`${from} is not mounted at ${mountpoint}: a copy of it would be torn`);
  if (state.frozen.has(mounted))
    throw new VolumeError('failed', `Cannot freeze ${mountpoint}: Device or resource busy`);
  if (!file.fileSystem.conditions.has('reflinks'))
    throw new VolumeError('failed', `Cannot copy ${from}: Operation not supported`);
  copyAnyway(state, file, to);
  return 1;
}

export function copyAnyway(state: FakeState, node: FakeNode, to: string): void {
  if (find(state, to, 'keep')) throw errno('EEXIST', to);
  copyInto(node, roomyParent(state, to), basename(to));
}

function copyInto(node: FakeNode, parent: FakeDirectory, name: string): void {
  const made = copyOf(node, parent, name);
  Object.assign(made, { uid: node.uid, gid: node.gid, mode: node.mode });
  if (node.kind !== 'directory' || made.kind !== 'directory') return;
  for (const [entry, child] of node.entries) copyInto(child, made, entry);
}

function copyOf(node: FakeNode, parent: FakeDirectory, name: string): FakeNode {
  // cp makes plain directories.
  if (node.kind === 'directory') return addDirectory(parent, name);
  if (node.kind === 'symlink') return addLink(parent, name, node.target);
  if (node.kind !== 'file') return addOddFile(parent, name);
  const made = addFile(parent, name, Buffer.from(node.data));
  made.size = node.size;
  made.image = node.image && imageOf(node.image, made);
  return made;
}

function imageOf(image: FakeFileSystem, on: FakeFile): FakeFileSystem {
  const made = createFakeFileSystem(image.type, '0:0', image.freeBytes);
  made.on = on;
  Object.assign(made.root, { uid: image.root.uid, gid: image.root.gid, mode: image.root.mode });
  for (const [entry, child] of image.root.entries) copyInto(child, made.root, entry);
  return made;
}

function fileAt(state: FakeState, path: string): FakeFile {
  const { node } = walk(state, path, 'keep');
  if (node.kind !== 'file') throw errno('EINVAL', path);
  return node;
}

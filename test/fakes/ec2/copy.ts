import {
  addDirectory,
  addFile,
  addLink,
  createFakeFileSystem,
  type FakeDirectory,
  type FakeDisk,
  type FakeFileSystem,
} from '../host/tree.ts';

/** A copy of the content on another disk, like a snapshot. */
export function copyDisk(disk: FakeDisk, size = disk.size): FakeDisk {
  const image = disk.image && copyFileSystem(disk.image);
  const copy: FakeDisk = { data: Buffer.from(disk.data), size, image, isUnreadable: disk.isUnreadable };
  if (image) image.on = copy;
  return copy;
}

function copyFileSystem(from: FakeFileSystem): FakeFileSystem {
  const copy = createFakeFileSystem(from.type, '0:0', from.freeBytes);
  copyEntries(from.root, copy.root);
  return copy;
}

function copyEntries(from: FakeDirectory, to: FakeDirectory): void {
  Object.assign(to, { uid: from.uid, gid: from.gid, mode: from.mode });
  for (const [name, node] of from.entries) {
    if (node.kind === 'directory') copyEntries(node, addDirectory(to, name));
    if (node.kind === 'symlink') addLink(to, name, node.target);
    if (node.kind !== 'file') continue;
    const file = addFile(to, name, Buffer.from(node.data));
    Object.assign(file, { size: node.size, uid: node.uid, gid: node.gid, mode: node.mode });
  }
}

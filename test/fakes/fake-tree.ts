/** File systems in memory: a tree of nodes with owners, inodes and parents. */

export interface FakeFileSystem {
  /** "major:minor"; a loop image's changes with every attachment. */
  device: string;
  readonly type: string;
  source: string;
  freeBytes: number;
  nextInode: number;
  readonly conditions: Set<FakeCondition>;
  readonly root: FakeDirectory;
  /** Of one that `mkfs` made. */
  on?: FakeContent;
}

/** What `mkfs` can be let loose on. */
export interface FakeContent {
  /** What was written from the beginning on; zeros follow up to `size`. */
  data: Buffer;
  size: number;
  /** What `mkfs` made of it. */
  image: FakeFileSystem | undefined;
}

/** A disk, which may be in one machine now and in another one later. */
export interface FakeDisk extends FakeContent {
  /** Every read fails with EIO. */
  isUnreadable: boolean;
}

/**
 * What is the matter with a file system, on all hosts that have it. Of any: `full` (ENOSPC), `read-only` (EROFS), and
 * `squash`: all belongs to 65534, and can be given to nobody else (EPERM). Of a share: `down`, its servers do not answer,
 * and `bricks-down`, its GlusterFS clients are told so at once.
 */
type FakeCondition = 'full' | 'read-only' | 'squash' | 'down' | 'bricks-down';

/** Whom a server that squashes root takes for the owner. */
export const squashedOwner = 65534;

interface NodeBase {
  readonly inode: string;
  readonly fileSystem: FakeFileSystem;
  name: string;
  /** Undefined for the root, and for what was deleted. */
  parent: FakeDirectory | undefined;
  uid: number;
  gid: number;
  mode: number;
}

export interface FakeDirectory extends NodeBase {
  readonly kind: 'directory';
  readonly entries: Map<string, FakeNode>;
  immutable: boolean;
}

export interface FakeFile extends NodeBase, FakeContent {
  readonly kind: 'file';
}

export interface FakeBlockDevice extends NodeBase {
  readonly kind: 'block-device';
  /** "major:minor". */
  readonly number: string;
  readonly disk: FakeDisk;
}

export interface FakeLink extends NodeBase {
  readonly kind: 'symlink';
  readonly target: string;
}

export type FakeNode = FakeDirectory | FakeFile | FakeLink | FakeBlockDevice;

export function createFakeFileSystem(type: string, device: string, freeBytes: number): FakeFileSystem {
  let root: FakeDirectory | undefined;
  const fileSystem: FakeFileSystem = {
    device,
    type,
    source: type,
    freeBytes,
    nextInode: 2,
    conditions: new Set(),
    get root() {
      root ??= directoryNode(fileSystem, '', undefined);
      return root;
    },
  };
  return fileSystem;
}

export function addDirectory(parent: FakeDirectory, name: string): FakeDirectory {
  const node = directoryNode(parent.fileSystem, name, parent);
  parent.entries.set(name, node);
  return node;
}

export function addFile(parent: FakeDirectory, name: string, data: Buffer): FakeFile {
  const base = nodeBase(parent.fileSystem, name, parent, 0o600);
  const node: FakeFile = { ...base, kind: 'file', data, size: data.length, image: undefined };
  parent.entries.set(name, node);
  return node;
}

export function addLink(parent: FakeDirectory, name: string, target: string): FakeLink {
  const node: FakeLink = { ...nodeBase(parent.fileSystem, name, parent, 0o777), kind: 'symlink', target };
  parent.entries.set(name, node);
  return node;
}

export function addBlockDevice(
  parent: FakeDirectory,
  name: string,
  number: string,
  disk: FakeDisk,
): FakeBlockDevice {
  const base = nodeBase(parent.fileSystem, name, parent, 0o660);
  const node: FakeBlockDevice = { ...base, kind: 'block-device', number, disk };
  parent.entries.set(name, node);
  return node;
}

export function detachNode(node: FakeNode): void {
  node.parent?.entries.delete(node.name);
  node.parent = undefined;
}

export function moveNode(node: FakeNode, parent: FakeDirectory, name: string): void {
  detachNode(node);
  node.parent = parent;
  node.name = name;
  parent.entries.set(name, node);
}

/** Path within its file system, as mountinfo shows it. */
export function pathOf(node: FakeNode): string {
  if (node === node.fileSystem.root) return '/';
  const names: string[] = [];
  let current: FakeNode = node;
  while (current.parent) {
    names.unshift(current.name);
    current = current.parent;
  }
  const path = `/${names.join('/')}`;
  return current === node.fileSystem.root ? path : `${path}//deleted`;
}

/** Whether `node` is `ancestor` or lies below it. */
export function isWithin(node: FakeNode, ancestor: FakeNode): boolean {
  for (let current: FakeNode | undefined = node; current; current = current.parent) {
    if (current === ancestor) return true;
  }
  return false;
}

function directoryNode(
  fileSystem: FakeFileSystem,
  name: string,
  parent: FakeDirectory | undefined,
): FakeDirectory {
  const base = nodeBase(fileSystem, name, parent, 0o755);
  return { ...base, kind: 'directory', entries: new Map(), immutable: false };
}

function nodeBase(
  fileSystem: FakeFileSystem,
  name: string,
  parent: FakeDirectory | undefined,
  mode: number,
): NodeBase {
  const owner = fileSystem.conditions.has('squash') ? squashedOwner : 0;
  return { inode: `${fileSystem.nextInode++}`, fileSystem, name, parent, uid: owner, gid: owner, mode };
}

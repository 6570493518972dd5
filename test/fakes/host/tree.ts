/** File systems in memory: a tree of nodes with owners, inodes and parents. */

export interface FakeFileSystem {
  /** "major:minor"; a loop image's changes with every attachment. */
  device: string;
  readonly type: string;
  source: string;
  freeBytes: number;
  nextInode: number;
  readonly conditions: Set<FakeCondition>;
  /** Extended attributes of its root, by name. */
  readonly attributes: Map<string, string>;
  readonly root: FakeDirectory;
  /** Project quotas, with the limits in bytes; undefined: it was mounted without. */
  quota: FakeQuota | undefined;
  /** Directory quotas of a Gluster volume. */
  readonly directoryQuota: FakeDirectoryQuota;
  /** For a file system made by `mkfs`. */
  on?: FakeContent;
}

interface FakeQuota {
  readonly kind: 'enforced' | 'counted';
  readonly limits: Map<number, number>;
}

interface FakeDirectoryQuota {
  isOn: boolean;
  /** `features.quota-deem-statfs`: statfs(2) shows the limits. */
  isShown: boolean;
  /** quotad runs, which counts for the bricks. */
  isCounted: boolean;
  /** Seconds for which a brick does not look again, below and above the soft limit. Those of GlusterFS at first. */
  timeouts: { soft: number; hard: number };
  /** A limit may be set while they are off. */
  readonly limits: Map<FakeDirectory, FakeDirectoryLimit>;
}

export interface FakeDirectoryLimit {
  readonly bytes: number;
  /** Percent of it from which `timeouts.hard` counts. */
  readonly soft: number;
  /** The bytes in use at the last look. */
  seen: number | undefined;
}

/** Something that `mkfs` can format. */
export interface FakeContent {
  /** The written content; zeros follow up to `size`. */
  data: Buffer;
  size: number;
  /** The file system that `mkfs` made on it. */
  image: FakeFileSystem | undefined;
}

/** A disk, which may move from one machine to another. */
export interface FakeDisk extends FakeContent {
  /** Every read fails with EIO. */
  isUnreadable: boolean;
}

/**
 * A property of a file system, on all its hosts. For any file system: `full` (ENOSPC), `read-only` (EROFS), `squash` (all
 * files belong to 65534, and chown fails with EPERM), `reflinks` (files can share blocks), and `subvolumes`. For shares: `down` (its
 * servers do not answer), `withdrawn` (clients have no access, EACCES), and `bricks-down` (GlusterFS clients get errors at once).
 */
type FakeCondition =
  | 'reflinks'
  | 'subvolumes'
  | 'full'
  | 'read-only'
  | 'squash'
  | 'down'
  | 'withdrawn'
  | 'bricks-down';

/** The owner that a server with root_squash uses for root. */
export const squashedOwner = 65534;

interface NodeBase {
  readonly inode: string;
  readonly fileSystem: FakeFileSystem;
  name: string;
  /** Undefined for the root and for deleted nodes. */
  parent: FakeDirectory | undefined;
  uid: number;
  gid: number;
  mode: number;
  /** The project that it is counted for. */
  project: number;
}

export interface FakeDirectory extends NodeBase {
  readonly kind: 'directory';
  readonly entries: Map<string, FakeNode>;
  immutable: boolean;
  inheritsProject: boolean;
  /** On a file system with the condition `subvolumes`. */
  subvolume: 'no' | 'read-write' | 'read-only';
  /** The clock tick of the last added or removed name. */
  changed: number;
}

export interface FakeFile extends NodeBase, FakeContent {
  readonly kind: 'file';
  /** GlusterFS counts a file as nothing once it was linked and its first name was removed, until it is written again (10.3). */
  isUncounted?: true;
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

/** A FIFO, a socket or a character device. */
export interface FakeOddFile extends NodeBase {
  readonly kind: 'other';
}

export type FakeNode = FakeDirectory | FakeFile | FakeLink | FakeBlockDevice | FakeOddFile;

export function createFakeFileSystem(type: string, device: string, freeBytes: number): FakeFileSystem {
  let root: FakeDirectory | undefined;
  const fileSystem: FakeFileSystem = {
    device,
    type,
    source: type,
    freeBytes,
    nextInode: 2,
    conditions: new Set(),
    attributes: new Map(),
    quota: undefined,
    directoryQuota: {
      isOn: false,
      isShown: true,
      isCounted: true,
      timeouts: { soft: 60, hard: 5 },
      limits: new Map(),
    },
    get root() {
      root ??= directoryNode(fileSystem, '', undefined);
      return root;
    },
  };
  return fileSystem;
}

export function addDirectory(parent: FakeDirectory, name: string): FakeDirectory {
  const node = directoryNode(parent.fileSystem, name, parent);
  enter(parent, name, node);
  return node;
}

export function addFile(parent: FakeDirectory, name: string, data: Buffer): FakeFile {
  const base = nodeBase(parent.fileSystem, name, parent, 0o600);
  const node: FakeFile = { ...base, kind: 'file', data, size: data.length, image: undefined };
  enter(parent, name, node);
  return node;
}

export function addLink(parent: FakeDirectory, name: string, target: string): FakeLink {
  const node: FakeLink = { ...nodeBase(parent.fileSystem, name, parent, 0o777), kind: 'symlink', target };
  enter(parent, name, node);
  return node;
}

export function addOddFile(parent: FakeDirectory, name: string): FakeOddFile {
  const node: FakeOddFile = { ...nodeBase(parent.fileSystem, name, parent, 0o600), kind: 'other' };
  enter(parent, name, node);
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
  enter(parent, name, node);
  return node;
}

function enter(parent: FakeDirectory, name: string, node: FakeNode): void {
  parent.entries.set(name, node);
  parent.changed = tick();
}

/** Coarse like a kernel's clock: changes within one tick look like one. */
function tick(): number {
  return Math.floor(performance.now() / 10);
}

export function detachNode(node: FakeNode): void {
  node.parent?.entries.delete(node.name);
  if (node.parent) node.parent.changed = tick();
  node.parent = undefined;
}

export function moveNode(node: FakeNode, parent: FakeDirectory, name: string): void {
  detachNode(node);
  node.parent = parent;
  node.name = name;
  enter(parent, name, node);
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

/** Whether `node` is `ancestor` or below it. */
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
  const inheritsProject = parent?.inheritsProject ?? false;
  return {
    ...base,
    kind: 'directory',
    entries: new Map(),
    immutable: false,
    inheritsProject,
    subvolume: 'no',
    changed: tick(),
  };
}

function nodeBase(
  fileSystem: FakeFileSystem,
  name: string,
  parent: FakeDirectory | undefined,
  mode: number,
): NodeBase {
  const owner = fileSystem.conditions.has('squash') ? squashedOwner : 0;
  const project = parent?.inheritsProject ? parent.project : 0;
  const inode = `${fileSystem.nextInode++}`;
  return { inode, fileSystem, name, parent, uid: owner, gid: owner, mode, project };
}

import { basename, dirname, posix } from 'node:path';
import { VolumeError } from '../../../src/core/volume-error.ts';
import type { AppendLog, FileFacts, Files, Owner } from '../../../src/host/host.ts';
import { fakeFilesBelow } from './below.ts';
import { clone, cloneFrozen, copy } from './copies.ts';
import { gfidOf } from './directory-quotas.ts';
import {
  deviceOf,
  errno,
  find,
  findToOpen,
  isMountRoot,
  type Place,
  refresh,
  roomyParent,
  walk,
  writableNode,
  writableParent,
} from './paths.ts';
import { makePrivateDirectory } from './private-directory.ts';
import { requireQuota, spaceAt } from './projects.ts';
import { removeDirectory, removeIfEmpty, removeTree } from './removal.ts';
import { countTree } from './space.ts';
import type { FakeMount, FakeState } from './state.ts';
import {
  addDirectory,
  addFile,
  detachNode,
  type FakeContent,
  type FakeDirectory,
  type FakeFile,
  type FakeNode,
  moveNode,
  squashedOwner,
} from './tree.ts';

/** -1 as in chown(2): the owner stays. */
const leave = -1;

export function fakeFiles(state: FakeState): Files {
  const files: Files = {
    below: (root) => fakeFilesBelow(state, files, root),
    holding: (_root, _directories, work) => work(),
    readText: async (path) => readText(state, path),
    readLatest: async (path) => readText(state, path),
    refresh: async (directory) => refresh(state, directory),
    list: async (path) => {
      const place = find(state, path, 'follow');
      return place?.node.kind === 'directory' ? [...place.node.entries.keys()] : undefined;
    },
    facts: async (path) => {
      const place = find(state, path, 'keep');
      return place && factsOf(place);
    },
    realPath: async (path) => find(state, path, 'follow')?.path,
    space: async (path) => spaceAt(state, path),
    count: async (path, limits, signal) => {
      const place = find(state, path, 'keep');
      if (signal.aborted) throw errno('ECANCELED', path);
      if (place && place.node.kind !== 'directory') throw errno('ENOTDIR', path);
      return place && countTree(place.node, limits);
    },
    hasNoWriter: async (path) => {
      const node = find(state, path, 'keep')?.node;
      return node?.kind === 'file' && ![...state.loops.values()].includes(node);
    },
    attribute: async (path, name) => attributeOf(find(state, path, 'follow'), name),
    readBytes: async (path, offset, length) => {
      const file = contentOf(walk(state, path, 'follow').node, path);
      const bytes = new Uint8Array(Math.max(0, Math.min(length, file.size - offset)));
      bytes.set(file.data.subarray(offset, offset + bytes.length));
      return bytes;
    },
    makeDirectory: async (path) => void makeDirectories(state, path),
    makePrivateDirectory: async (path) => makePrivateDirectory(state, path),
    createDirectory: async (path, owner) => createDirectory(state, path, owner),
    sync: async (paths) => {
      for (const path of paths)
        if (walk(state, path, 'keep').node.kind === 'symlink') throw errno('ELOOP', path);
    },
    setOwner: async (path, owner) => {
      const node = writableNode(state, path);
      if (node.kind !== 'directory') throw errno('ENOTDIR', path);
      own(node, owner, path);
    },
    makeMountpoint: async (path) => {
      makeDirectories(state, path);
      const place = walk(state, path, 'keep');
      if (isMountRoot(place) || place.node.kind !== 'directory') return;
      place.node.mode = 0;
      place.node.immutable = true;
    },
    removeDirectory: async (path) => removeDirectory(state, path),
    removeIfEmpty: async (path) => removeIfEmpty(state, path),
    createSparse: async (path, bytes) => {
      if (find(state, path, 'keep')) throw errno('EEXIST', path);
      addFile(roomyParent(state, path), basename(path), Buffer.alloc(0)).size = bytes;
    },
    extend: async (path, bytes) => {
      const file = asFile(writableNode(state, path), path);
      file.size = Math.max(file.size, bytes);
    },
    canClone: async (directory) =>
      walk(state, directory, 'follow').node.fileSystem.conditions.has('reflinks'),
    clone: async (from, to) => clone(state, from, to),
    cloneFrozen: async (from, to, freeze) => cloneFrozen(state, from, to, freeze),
    copy: async (from, to, signal, tell) => {
      if (signal.aborted) throw new VolumeError('timeout', `cp of ${from} was ended by its deadline.`);
      copy(state, from, to);
      const { node } = walk(state, to, 'keep');
      // A single file is copied before it is looked at.
      if (node.kind === 'directory') tell?.({ entries: entriesOf(node) });
    },
    copyInUse: async (from, to, signal, tell) => {
      if (signal.aborted) throw new VolumeError('timeout', `cp of ${from} was ended by its deadline.`);
      copy(state, from, to);
      const { node } = walk(state, to, 'keep');
      // A single file is copied before it is looked at.
      if (node.kind === 'directory') tell?.({ entries: entriesOf(node) });
    },
    rename: async (from, to) => rename(state, from, to),
    writeText: async (path, text, how, order) => {
      requireDirectories(state, order?.after ?? []);
      return writeText(state, path, text, how);
    },
    moveText: async (from, to, text, after) => {
      requireDirectories(state, after);
      writeText(state, to, text, 'replace');
      await files.removeFile(from);
    },
    removeFile: async (path) => {
      const place = find(state, path, 'keep');
      if (!place) return;
      if (place.node.kind === 'directory') throw errno('EISDIR', path);
      writableParent(state, path);
      detachNode(place.node);
    },
    removeTree: async (path, signal, tell) => {
      if (signal.aborted) throw new VolumeError('timeout', `rm of ${path} was ended by its deadline.`);
      const place = find(state, path, 'keep');
      const entries = place === undefined ? 0 : entriesOf(place.node);
      removeTree(state, path);
      if (entries > 0) tell?.({ entries });
    },
    openLog: async (path) => openLog(state, path),
  };
  return files;
}

function attributeOf(place: Place | undefined, name: string): string | undefined {
  const isGluster = place?.mount.via?.client.type === 'fuse.glusterfs';
  if (place && isGluster && name === 'glusterfs.gfid.string') return gfidOf(place.node);
  return place?.node.fileSystem.attributes.get(name);
}

function readText(state: FakeState, path: string): string | undefined {
  const place = findToOpen(state, path);
  return place && asFile(place.node, path).data.toString();
}

export function makeDirectories(state: FakeState, path: string): void {
  const names = posix.normalize(path).split('/').filter(Boolean);
  for (const index of names.keys()) {
    const part = `/${names.slice(0, index + 1).join('/')}`;
    const place = find(state, part, 'follow');
    if (place && place.node.kind !== 'directory') throw errno('EEXIST', path);
    if (!place) addDirectory(roomyParent(state, part), basename(part));
  }
}

function createDirectory(state: FakeState, path: string, owner: Owner): boolean {
  if (find(state, path, 'keep')) return false;
  const node = addDirectory(roomyParent(state, path), basename(path));
  madeAt.set(node, state.clock.now);
  try {
    own(node, owner, path);
  } catch (error) {
    detachNode(node);
    throw error;
  }
  return true;
}

/** Nothing here is lost when the machine stops, so there is nothing to be synced. */
function requireDirectories(state: FakeState, paths: readonly string[]): void {
  for (const path of paths)
    if (walk(state, path, 'follow').node.kind !== 'directory') throw errno('ENOTDIR', path);
}

function own(node: FakeNode, owner: Owner, path: string): void {
  const isSquashed = node.fileSystem.conditions.has('squash');
  const kept = {
    uid: owner.uid === leave ? node.uid : owner.uid,
    gid: owner.gid === leave ? node.gid : owner.gid,
  };
  if (isSquashed && (kept.uid !== squashedOwner || kept.gid !== squashedOwner)) throw errno('EPERM', path);
  Object.assign(node, kept, { mode: owner.mode });
}

function rename(state: FakeState, from: string, to: string): void {
  const source = walk(state, from, 'keep');
  if (find(state, to, 'keep')) throw errno('EEXIST', to);
  writableParent(state, from);
  const parent = writableParent(state, to);
  const isReadOnly = source.node.kind === 'directory' && source.node.subvolume === 'read-only';
  if (isReadOnly && parent !== source.node.parent) throw errno('EROFS', from);
  // The kernel does not move a file between projects.
  if (parent.inheritsProject && parent.project !== source.node.project) throw errno('EXDEV', to);
  if (mountAround(state, from) !== mountAround(state, to)) throw errno('EXDEV', to);
  if (isMountRoot(source)) throw errno('EBUSY', from);
  moveNode(source.node, parent, basename(to));
}

/** The kernel refuses to rename from one mount to another, even within one file system. */
function mountAround(state: FakeState, path: string): FakeMount {
  return walk(state, dirname(path), 'follow').mount;
}

function writeText(state: FakeState, path: string, text: string, how: 'exclusive' | 'replace'): boolean {
  const existing = find(state, path, 'keep');
  if (existing && how === 'exclusive') return false;
  if (existing?.node.kind === 'directory') throw errno('EISDIR', path);
  const parent = roomyParent(state, path);
  requireQuota(parent, Math.ceil(text.length / 4096) * 4096, path);
  if (existing) detachNode(existing.node);
  const file = addFile(parent, basename(path), Buffer.from(text));
  // A share has no rename that replaces nothing: such a file is linked.
  if (how === 'exclusive' && parent.fileSystem.type === 'share') file.isUncounted = true;
  return true;
}

async function openLog(state: FakeState, path: string): Promise<AppendLog> {
  const file = openToAppend(state, path);
  return {
    append: async (text) => {
      file.data = Buffer.concat([file.data, Buffer.from(text)]);
      file.size = file.data.length;
    },
    cut: async (bytes) => {
      file.data = file.data.subarray(0, bytes);
      file.size = file.data.length;
    },
    close: async () => undefined,
  };
}

function openToAppend(state: FakeState, path: string): FakeFile {
  const existing = find(state, path, 'follow');
  if (!existing) return addFile(roomyParent(state, path), basename(path), Buffer.alloc(0));
  return asFile(writableNode(state, path), path);
}

function asFile(node: FakeNode, path: string): FakeFile {
  if (node.kind !== 'file') throw errno('EFTYPE', path);
  return node;
}

function contentOf(node: FakeNode, path: string): FakeContent {
  if (node.kind !== 'block-device') return asFile(node, path);
  if (node.disk.isUnreadable) throw errno('EIO', path);
  return node.disk;
}

/** By the clock of the storage, which is right. */
const madeAt = new WeakMap<FakeNode, number>();

function factsOf({ node, mount }: Place): FileFacts {
  return {
    ...(node.kind === 'block-device' ? { number: node.number } : {}),
    kind: node.kind,
    device: deviceOf(mount),
    inode: node.inode,
    size: sizeOf(node),
    allocated: node.kind === 'file' ? node.data.length : 0,
    changed: node.kind === 'directory' ? `${node.changed}` : '0',
    modifiedAt: madeAt.get(node) ?? 0,
    ...pick(node),
  };
}

function sizeOf(node: FakeNode): number {
  if (node.kind === 'file') return node.size;
  if (node.kind === 'block-device') return node.disk.size;
  return node.kind === 'symlink' ? node.target.length : 4096;
}

function pick(owner: Owner | FakeDirectory): Owner {
  return { uid: owner.uid, gid: owner.gid, mode: owner.mode };
}

function entriesOf(node: FakeNode): number {
  if (node.kind !== 'directory') return 1;
  return [...node.entries.values()].reduce((sum, child) => sum + entriesOf(child), 1);
}

import { constants } from 'node:fs';
import { open, readdir, realpath, unlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Files, Names, Owner, Programs, WriteOrder } from '../host.ts';
import type { KernelMounts, ReadMountTable } from '../mounts/kernel-mounts.ts';
import { createMayBlock } from '../mounts/may-block.ts';
import type { SystemCalls } from '../system-calls.ts';
import { unlessGone, unlessMissing } from '../system-error.ts';
import { openAppendLog } from './append-log.ts';
import { filesBelow } from './below.ts';
import { cloneFrozen } from './clone-frozen.ts';
import { canClone, clone, copy, extend, plainPaths } from './copy.ts';
import { copyInUse } from './copy-in-use.ts';
import { countTree } from './count-tree.ts';
import {
  createDirectory,
  makeDirectory,
  makeMountpoint,
  removeDirectory,
  removeIfEmpty,
  removeUnprotected,
  setOwner,
} from './directories.ts';
import { moveTextDurably, together, type WritingParts, writeTextDurably } from './durable-file.ts';
import { factsReader } from './facts.ts';
import { createHeldDirectories } from './held-directory.ts';
import { createNear } from './near.ts';
import { makePrivateDirectory } from './private-directory.ts';
import { readBytes } from './read-bytes.ts';
import { readText } from './read-text.ts';
import { removeTree } from './remove-tree.ts';
import { renameDurably } from './rename.ts';
import { createSharedSyncs, type SharedSyncs, type SyncDirectory } from './shared-syncs.ts';
import { space } from './space.ts';

export interface FileParts {
  readonly calls: SystemCalls | undefined;
  readonly kernel: KernelMounts;
  readonly programs: Programs;
  readonly readTable: ReadMountTable;
  readonly newId: () => string;
  /** See `DetachedMount.root`. */
  readonly detachedRoots?: ReadonlySet<string>;
}

export function linuxFiles(parts: FileParts): Files {
  const mayBlock = parts.calls && createMayBlock(parts.calls, parts.readTable);
  const near = createNear(parts.calls, mayBlock, parts.detachedRoots);
  const directories = createHeldDirectories(near);
  const syncs = createSharedSyncs(near);
  const { syncDirectory } = syncs;
  const calls = durableCalls({ ...parts, near, ...syncs }, factsReader(mayBlock, near));
  return {
    below: (root) => filesBelow(calls, { ...parts, directories, near }, root),
    holding: directories.keep,
    ...calls,
    refresh,
    sync: (paths) => together(paths.map(syncs.sync)),
    readText: (path) => unlessGone(path, () => readText(path, 'cached')),
    readLatest: (path) => unlessMissing(() => readText(path, 'latest')),
    list: (path) => unlessGone(path, () => readdir(path)),
    realPath: realPathReader(parts),
    hasNoWriter: async (path) => near.hasNoWriter(path),
    space,
    count: (path, limits, signal) =>
      unlessMissing(() => directories.use(path, [], (held) => countTree(held, limits, signal))),
    readBytes,
    canClone: (directory) => canClone(directory, parts.newId),
    cloneFrozen: (from, to, freeze) => cloneFrozen(parts, plainPaths(from, to), freeze),
    copy: (from, to, signal, tell) => copy(parts.programs, plainPaths(from, to), signal, tell),
    copyInUse: (from, to, signal, tell) => copyInUse(parts.programs, plainPaths(from, to), signal, tell),
    makeDirectory,
    makePrivateDirectory: (path) => makePrivateDirectory(path, mayBlock),
    makeMountpoint: (path) => makeMountpoint(parts.kernel, path),
    removeDirectory: (path) => removeDirectory(parts.kernel, syncDirectory, path),
    removeIfEmpty,
    removeTree: (path, signal, tell) => removeTree(parts, path, path, signal, tell),
    openLog: openAppendLog,
  };
}

/** The calls of `Files.below`, on whole paths. */
function durableCalls(parts: WritingParts & SharedSyncs, facts: Files['facts']) {
  const { syncDirectory, sync } = parts;
  return {
    facts,
    attribute: async (path: string, name: string) => parts.calls?.attribute(path, name),
    createDirectory: (path: string, owner: Owner, names?: Names) =>
      createDirectory(parts, path, owner, names),
    setOwner,
    removeDirectory: (path: string) => removeUnprotected(syncDirectory, path),
    createSparse: (path: string, bytes: number) => createSparse(syncDirectory, path, bytes),
    extend,
    clone,
    rename: (from: string, to: string, names: Names = 'synced') => renameDurably(parts, from, to, names),
    writeText: (path: string, text: string, how: 'exclusive' | 'replace', order?: WriteOrder) =>
      writeTextDurably(parts, path, text, how, order),
    moveText: (from: string, to: string, text: string, after: readonly string[]) =>
      moveTextDurably(parts, from, to, text, after),
    removeFile: (path: string) => removeFile(syncDirectory, path),
    syncDirectory,
    syncPlace: sync,
  };
}

/** In the calling thread for a local path without symlinks, which is itself its real path. */
function realPathReader({ calls, readTable }: FileParts): Files['realPath'] {
  const mayBlock = calls && createMayBlock(calls, readTable);
  return async (path) => {
    if (mayBlock === undefined || resolve(path) !== path) return unlessMissing(() => realpath(path));
    const found = await mayBlock.of(path);
    if (found === 'local') return path;
    return found === 'missing' ? undefined : unlessMissing(() => realpath(path));
  };
}

/** Opening a directory makes the NFS client revalidate it with the server and drop cached names. */
async function refresh(directory: string): Promise<void> {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  const opened = await unlessMissing(() => open(directory, flags));
  await opened?.close();
}

async function createSparse(syncDirectory: SyncDirectory, path: string, bytes: number): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.truncate(bytes);
    await file.sync();
  } catch (error) {
    await unlink(path).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
  await syncDirectory(dirname(path));
}

async function removeFile(syncDirectory: SyncDirectory, path: string): Promise<void> {
  const removed = await unlessMissing(async () => {
    await unlink(path);
    return true;
  });
  if (removed) await syncDirectory(dirname(path));
}

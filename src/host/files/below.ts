import { mkdir, readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Files, type FilesBelow, longestTextBelow } from '../host.ts';
import type { KernelMounts } from '../mounts/kernel-mounts.ts';
import { hasCode } from '../system-error.ts';
import { cloneFrozen } from './clone-frozen.ts';
import { canClone, copy, type ToCopy } from './copy.ts';
import { copyInUse } from './copy-in-use.ts';
import { countTree } from './count-tree.ts';
import { together } from './durable-file.ts';
import { forOthers, type HeldDirectories } from './held-directory.ts';
import { namesBelow } from './names-below.ts';
import type { Near } from './near.ts';
import { readNearBytes } from './read-bytes.ts';
import { readNearText, readSmallText } from './read-text.ts';
import { type RemovalParts, removeTree } from './remove-tree.ts';
import { space } from './space.ts';
import { walkDown } from './walk-down.ts';

/** Calls on a path in a held directory. None of them follows a symlink as the last component. */
type CallsInDirectory = Pick<
  Files,
  | 'attribute'
  | 'facts'
  | 'createDirectory'
  | 'setOwner'
  | 'removeDirectory'
  | 'createSparse'
  | 'extend'
  | 'clone'
  | 'rename'
  | 'writeText'
  | 'moveText'
  | 'removeFile'
> & { syncPlace(place: string): Promise<void> };

export interface BelowParts extends RemovalParts {
  readonly kernel: KernelMounts;
  readonly directories: HeldDirectories;
  readonly near: Near;
  readonly newId: () => string;
}

/** See `Files.below`. Each call holds the directory open while it works. */
export function filesBelow(calls: CallsInDirectory, parts: BelowParts, root: string): FilesBelow {
  const { directories } = parts;
  /** Calls `work` with a path to the same file that cannot be redirected by symlinks. */
  async function at<T>(path: string, work: (place: string) => Promise<T>): Promise<T> {
    const names = namesBelow(root, path);
    return directories.use(root, names.slice(0, -1), (held) => work(`${held}/${names.at(-1) ?? '.'}`));
  }
  const ifThere = <T>(path: string, work: (place: string) => Promise<T>) => unlessGone(() => at(path, work));

  return {
    readText: (path) => ifThere(path, (place) => readNearText(parts.near, place, longestTextBelow)),
    readLatest: (path) => ifThere(path, (place) => readSmallText(place, longestTextBelow, 'latest')),
    readBytes: (path, offset, length) =>
      at(path, (place) => readNearBytes(parts.near, place, offset, length)),
    attribute: (path, name) =>
      unlessGone(() =>
        directories.use(root, namesBelow(root, path), (held) => calls.attribute(`${held}/.`, name)),
      ),
    hasNoWriter: (path) => at(path, async (place) => parts.near.hasNoWriter(place)),
    space: (path) => directories.use(root, namesBelow(root, path), space),
    count: (path, limits, signal) =>
      unlessGone(() =>
        directories.use(root, namesBelow(root, path), (held) => countTree(held, limits, signal)),
      ),
    refresh: (path) => unlessGone(async () => (await walkDown(root, namesBelow(root, path), 'read')).close()),
    list: (path) => unlessGone(() => directories.use(root, namesBelow(root, path), (held) => readdir(held))),
    facts: (path) => ifThere(path, calls.facts),
    makeDirectory,
    createDirectory: (path, owner, names) => at(path, (place) => calls.createDirectory(place, owner, names)),
    sync: (paths) => together(paths.map((path) => at(path, calls.syncPlace))),
    setOwner: (path, owner) => at(path, (place) => calls.setOwner(place, owner)),
    removeDirectory: async (path) => void (await ifThere(path, calls.removeDirectory)),
    createSparse: (path, bytes) => at(path, (place) => calls.createSparse(place, bytes)),
    extend: (path, bytes) => at(path, (place) => calls.extend(place, bytes)),
    canClone: (directory) =>
      directories.use(root, namesBelow(root, directory), (held) => canClone(held, parts.newId)),
    clone: (from, to) => at(from, (source) => at(to, (target) => calls.clone(source, target))),
    cloneFrozen: (from, to, freeze) => copying(from, to, (toCopy) => cloneFrozen(parts, toCopy, freeze)),
    copy: (from, to, signal, tell) =>
      copying(from, to, (toCopy) => copy(parts.programs, toCopy, signal, tell)),
    copyInUse: (from, to, signal, tell) =>
      copying(from, to, (toCopy) => copyInUse(parts.programs, toCopy, signal, tell)),
    rename: (from, to, names) =>
      at(from, (source) => beside(from, source, to, (target) => calls.rename(source, target, names))),
    writeText: (path, text, how, order = {}) =>
      at(path, (place) =>
        holding(order.after ?? [], (after) => calls.writeText(place, text, how, { ...order, after })),
      ),
    moveText: (from, to, text, after) =>
      at(from, (source) =>
        at(to, (target) => holding(after, (held) => calls.moveText(source, target, text, held))),
      ),
    removeFile: async (path) => void (await ifThere(path, calls.removeFile)),
    removeTree: async (path, signal, tell) => {
      await ifThere(path, async (place) => {
        const { path: forProgram, canonical } = await forOthers(place);
        await removeTree(parts, canonical, forProgram, signal, tell);
      });
    },
  };

  /** As `at`; in the same directory, by the one that is held already, which is then synced once. */
  function beside<T>(
    path: string,
    place: string,
    to: string,
    work: (target: string) => Promise<T>,
  ): Promise<T> {
    if (dirname(path) !== dirname(to)) return at(to, work);
    return work(`${dirname(place)}/${namesBelow(root, to).at(-1) ?? '.'}`);
  }

  /** Calls `work` with paths that always mean these directories. */
  function holding<T>(
    paths: readonly string[],
    work: (held: readonly string[]) => Promise<T>,
    held: readonly string[] = [],
  ): Promise<T> {
    const [path, ...others] = paths;
    if (path === undefined) return work(held);
    return directories.use(root, namesBelow(root, path), (place) => holding(others, work, [...held, place]));
  }

  /** For programs, to which `/proc/self` is their own. */
  function copying<T>(from: string, to: string, work: (toCopy: ToCopy) => Promise<T>): Promise<T> {
    return at(from, (source) =>
      at(to, async (target) => work({ from: await forOthers(source), to: await forOthers(target) })),
    );
  }

  /** Sets the mode regardless of the umask. */
  async function makeDirectory(path: string): Promise<void> {
    const names = namesBelow(root, path);
    for (const [index, name] of names.entries()) {
      await directories.use(root, names.slice(0, index), async (held) => {
        const isMade = await mkdir(`${held}/${name}`).then(
          () => true,
          (error: unknown) => {
            if (!hasCode(error, 'EEXIST')) throw error;
            return false;
          },
        );
        if (isMade) await calls.setOwner(`${held}/${name}`, { uid: -1, gid: -1, mode: 0o755 });
      });
    }
    await directories.use(root, names, async () => undefined);
  }
}

/** Unlike `unlessMissing`, does not catch ENOTDIR: a file in place of a directory has already been reported as EFTYPE. */
async function unlessGone<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

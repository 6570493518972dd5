import { join, relative } from 'node:path';
import { type Files, type FilesBelow, longestTextBelow } from '../../../src/host/host.ts';
import { errno, find } from './paths.ts';
import type { FakeState } from './state.ts';

/** The same files; every call first checks the path from the root, which may contain only directories. */
export function fakeFilesBelow(state: FakeState, files: Files, root: string): FilesBelow {
  function namesBelow(path: string): readonly string[] {
    const names = relative(root, path).split('/').filter(Boolean);
    if (names[0] === '..' || path.split('/').includes('..')) throw errno('EXDEV', path);
    return names;
  }
  function requireDirectories(names: readonly string[]): void {
    for (const index of names.keys()) requireDirectory(join(root, ...names.slice(0, index + 1)));
  }
  function requireDirectory(path: string): void {
    const kind = find(state, path, 'keep')?.node.kind;
    if (kind !== undefined && kind !== 'directory') throw errno('EFTYPE', path);
  }
  function requireParent(path: string): void {
    requireDirectories(namesBelow(path).slice(0, -1));
  }
  async function requireFile(path: string, most = Number.POSITIVE_INFINITY): Promise<void> {
    requireParent(path);
    const facts = await files.facts(path);
    if (facts && (facts.kind !== 'file' || facts.size > most)) throw errno('EFTYPE', path);
  }
  const requireText = (path: string) => requireFile(path, longestTextBelow);
  const checked = async <T>(paths: readonly string[], call: () => Promise<T>): Promise<T> => {
    for (const path of paths) requireParent(path);
    return call();
  };
  return {
    refresh: async (path) => {
      await files.refresh(root);
      for (const [index] of namesBelow(path).entries()) {
        const directory = join(root, ...namesBelow(path).slice(0, index + 1));
        requireDirectory(directory);
        await files.refresh(directory);
      }
    },
    facts: (path) => checked([path], () => files.facts(path)),
    hasNoWriter: (path) => checked([path], () => files.hasNoWriter(path)),
    attribute: async (path, name) => {
      requireDirectories(namesBelow(path));
      return files.attribute(path, name);
    },
    space: async (path) => {
      requireDirectories(namesBelow(path));
      return files.space(path);
    },
    count: async (path, limits, signal) => {
      requireDirectories(namesBelow(path));
      return files.count(path, limits, signal);
    },
    createDirectory: (path, owner, names) => checked([path], () => files.createDirectory(path, owner, names)),
    sync: (paths) => checked(paths, () => files.sync(paths)),
    setOwner: (path, owner) => checked([path], () => files.setOwner(path, owner)),
    removeDirectory: (path) => checked([path], () => files.removeDirectory(path)),
    createSparse: (path, bytes) => checked([path], () => files.createSparse(path, bytes)),
    extend: (path, bytes) => checked([path], () => files.extend(path, bytes)),
    canClone: async (directory) => {
      requireDirectories(namesBelow(directory));
      return files.canClone(directory);
    },
    clone: (from, to) => checked([from, to], () => files.clone(from, to)),
    cloneFrozen: (from, to, freeze) => checked([from, to], () => files.cloneFrozen(from, to, freeze)),
    copy: (from, to, signal, tell) => checked([from, to], () => files.copy(from, to, signal, tell)),
    copyInUse: (from, to, signal, tell) => checked([from, to], () => files.copyInUse(from, to, signal, tell)),
    rename: (from, to, names) => checked([from, to], () => files.rename(from, to, names)),
    writeText: (path, text, how, order) =>
      checked([path, ...(order?.after ?? []).map((directory) => `${directory}/.`)], () =>
        files.writeText(path, text, how, order),
      ),
    moveText: (from, to, text, after) =>
      checked([from, to, ...after.map((directory) => `${directory}/.`)], () =>
        files.moveText(from, to, text, after),
      ),
    removeFile: (path) => checked([path], () => files.removeFile(path)),
    removeTree: (path, signal, tell) => checked([path], () => files.removeTree(path, signal, tell)),
    readText: async (path) => requireText(path).then(() => files.readText(path)),
    readLatest: async (path) => requireText(path).then(() => files.readLatest(path)),
    readBytes: async (path, offset, length) => {
      await requireFile(path);
      return files.readBytes(path, offset, length);
    },
    list: async (path) => {
      requireDirectories(namesBelow(path));
      return files.list(path);
    },
    makeDirectory: async (path) => {
      requireDirectories(namesBelow(path));
      return files.makeDirectory(path);
    },
  };
}

import { dirname, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FilesBelow, Names } from '../../../host/host.ts';
import { errnoOf } from '../storage-errors.ts';
import { clientMemory } from './latest-registry.ts';
import type { Share } from './share.ts';

/**
 * The same files, but names below the share's root are asked of the server, not taken from the client's cache. An NFS client keeps
 * both found and missing names for up to a minute, while another host may have made, moved or removed them (nfs(5), "Directory entry
 * caching"); opening a directory makes it ask (close-to-open). In a GlusterFS client that has no effect but more calls: see `Share`.
 */
export function freshFiles(
  files: FilesBelow,
  root: string,
  { keepsNames }: Pick<Share, 'keepsNames'>,
): FilesBelow {
  const isAskedByOpening = keepsNames === 'until-opened';

  async function refresh(directory: string): Promise<void> {
    const isOutside = relative(root, directory).startsWith('..');
    if (isAskedByOpening && !isOutside) await files.refresh(directory);
  }

  async function afresh<T>(paths: readonly string[], call: () => Promise<T>): Promise<T> {
    for (const directory of new Set(paths.map(dirname))) await refresh(directory);
    return call();
  }

  /**
   * A name whose file another host has replaced since: the client forgets it with the error, and a second look finds the new one
   * (GlusterFS 10.3, a directory that another host moved away and back).
   */
  async function again<T>(paths: readonly string[], call: () => Promise<T>): Promise<T> {
    try {
      return await afresh(paths, call);
    } catch (error) {
      if (errnoOf(error) !== 'ESTALE') throw error;
      return afresh(paths, call);
    }
  }

  /**
   * A GlusterFS client that had the directory at `to` before another host moved it away finds it under both names for a second after
   * each look at one of them (10.3: `md-cache` remembers files, not names), and the kernel then refuses to rename with ESTALE, because
   * a directory has one name only. The client forgets it with a look at `to`, once a second has passed without any.
   */
  async function rename(from: string, to: string, names?: Names): Promise<void> {
    try {
      await afresh([from, to], () => files.rename(from, to, names));
    } catch (error) {
      if (errnoOf(error) !== 'ESTALE') throw error;
      await sleep(clientMemory);
      const there = await files.facts(to);
      await afresh([from, to], async () => {
        // The first attempt may have moved it nevertheless.
        if (there !== undefined && (await files.facts(from)) === undefined) return;
        await files.rename(from, to, names);
      });
    }
  }

  return {
    refresh,
    async readText(path) {
      const found = await files.readText(path);
      if (found !== undefined || !isAskedByOpening) return found;
      // Opening a file asks the server about its name, unless the name is cached as missing.
      return afresh([path], () => files.readText(path));
    },
    readLatest: (path) => again([path], () => files.readLatest(path)),
    readBytes: (path, offset, length) => again([path], () => files.readBytes(path, offset, length)),
    list: (path) => again([path, `${path}/.`], () => files.list(path)),
    facts: (path) => again([path], () => files.facts(path)),
    hasNoWriter: (path) => afresh([path], () => files.hasNoWriter(path)),
    attribute: (path, name) => afresh([path], () => files.attribute(path, name)),
    space: (path) => afresh([path], () => files.space(path)),
    count: (path, limits, signal) => afresh([path], () => files.count(path, limits, signal)),
    makeDirectory: (path) => afresh([path], () => files.makeDirectory(path)),
    createSparse: (path, bytes) => afresh([path], () => files.createSparse(path, bytes)),
    extend: (path, bytes) => afresh([path], () => files.extend(path, bytes)),
    canClone: (directory) => afresh([directory], () => files.canClone(directory)),
    clone: (from, to) => afresh([from, to], () => files.clone(from, to)),
    cloneFrozen: (from, to, freeze) => afresh([from, to], () => files.cloneFrozen(from, to, freeze)),
    copy: (from, to, signal, tell) => afresh([from, to], () => files.copy(from, to, signal, tell)),
    copyInUse: (from, to, signal, tell) => afresh([from, to], () => files.copyInUse(from, to, signal, tell)),
    createDirectory: (path, owner, names) => afresh([path], () => files.createDirectory(path, owner, names)),
    sync: (paths) => files.sync(paths),
    setOwner: (path, owner) => afresh([path], () => files.setOwner(path, owner)),
    removeDirectory: (path) => afresh([path], () => files.removeDirectory(path)),
    rename,
    writeText: (path, text, how, order) => afresh([path], () => files.writeText(path, text, how, order)),
    moveText: (from, to, text, after) => afresh([from, to], () => files.moveText(from, to, text, after)),
    removeFile: (path) => afresh([path], () => files.removeFile(path)),
    removeTree: (path, signal, tell) => afresh([path], () => files.removeTree(path, signal, tell)),
  };
}

import { close, closeSync, fsync, open, rename, write } from 'node:fs';
import { link, lstat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { WriteOrder } from '../host.ts';
import type { SystemCalls } from '../system-calls.ts';
import { hasCode, unlessMissing } from '../system-error.ts';
import type { Near } from './near.ts';
import type { SyncDirectory } from './shared-syncs.ts';

const [openOnPool, writeOnPool] = [promisify(open), promisify(write)];
const [syncOnPool, closeOnPool] = [promisify(fsync), promisify(close)];
/** Not that of `node:fs/promises`, which takes 10 µs more. */
const renameOnPool = promisify(rename);

/** Prefix of temporary files, which a crash may leave behind. Readers of a directory ignore them. */
const temporaryPrefix = '.tmp-';

export interface WritingParts {
  readonly calls: SystemCalls | undefined;
  readonly near: Near;
  readonly newId: () => string;
  readonly syncDirectory: SyncDirectory;
}

/** See `Files.writeText`. The new text is on disk before it gets its name, unless the caller syncs both. */
export async function writeTextDurably(
  parts: WritingParts,
  path: string,
  text: string,
  how: 'exclusive' | 'replace',
  order: WriteOrder = {},
): Promise<boolean> {
  if (order.names === 'unsynced' && (await writeInPlace(parts, path, text))) return true;
  const isNamed = await withTemporary(parts, path, text, order, async (temporary, isNear) => {
    if (how === 'exclusive') return nameNew(parts.calls, temporary, path, isNear);
    await renameOnPool(temporary, path);
    return true;
  });
  if (isNamed && order.names !== 'unsynced') await parts.syncDirectory(dirname(path));
  return isNamed;
}

/** False if there is a file already: one that may have been read is replaced as a whole. */
async function writeInPlace(parts: WritingParts, path: string, text: string): Promise<boolean> {
  const isNear = parts.near.isHeld(dirname(path));
  try {
    // The caller syncs other files with it. On xfs, its own sync would have to come after theirs if its content were not out by then.
    await writeNew(path, text, isNear, (fd) =>
      isNear && parts.calls ? [parts.calls.writeOut(fd, path)] : [],
    );
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** See `Files.moveText`. */
export async function moveTextDurably(
  parts: WritingParts,
  from: string,
  to: string,
  text: string,
  after: readonly string[],
): Promise<void> {
  await withTemporary(parts, to, text, { after }, async (temporary) => {
    await unlessMissing(() => renameOnPool(from, to));
    await renameOnPool(temporary, to);
  });
  await together([dirname(to), dirname(from)].map(parts.syncDirectory));
}

/** Calls `name` once the text is durable under a temporary name beside `path`, and so is what was done in the directories `after`. */
async function withTemporary<T>(
  parts: WritingParts,
  path: string,
  text: string,
  { after = [], names }: WriteOrder,
  name: (temporary: string, isNear: boolean) => Promise<T>,
): Promise<T> {
  const directory = dirname(path);
  const temporary = join(directory, `${temporaryPrefix}${basename(path).slice(0, 200)}-${parts.newId()}`);
  const isNear = parts.near.isHeld(directory);
  try {
    await writeNew(temporary, text, isNear, (fd) =>
      names === 'unsynced' ? [] : [syncOnPool(fd), ...after.map(parts.syncDirectory)],
    );
    return await name(temporary, isNear);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

/** Rejects with the first error, once all have ended: nothing runs on behind the caller's back. */
export async function together(work: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason;
}

/**
 * `isNear`: closing it cannot wait for a server, so it is done in the calling thread. `syncs`: the file's own and others at the same time.
 * They begin once the text is written: a journaling file system then commits all of it at once, and not the text after them.
 */
async function writeNew(
  path: string,
  text: string,
  isNear: boolean,
  syncs: (fd: number) => readonly Promise<void>[],
): Promise<void> {
  const fd = await openOnPool(path, 'wx', 0o600);
  try {
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length; )
      done += (await writeOnPool(fd, bytes, done, bytes.length - done, null)).bytesWritten;
    await together(syncs(fd));
  } catch (error) {
    await unlink(path).catch(() => undefined);
    throw error;
  } finally {
    if (isNear) closeSync(fd);
    else await closeOnPool(fd);
  }
}

/** Gives the file its name and removes the temporary one. False if another file has the name. */
async function nameNew(
  calls: SystemCalls | undefined,
  temporary: string,
  path: string,
  isNear: boolean,
): Promise<boolean> {
  if (calls === undefined || !isNear) return linkNew(temporary, path);
  try {
    await calls.renameNoReplace(temporary, path);
    return true;
  } catch (error) {
    // EINVAL: this file system does not have it.
    if (hasCode(error, 'EINVAL', 'ENOSYS')) return linkNew(temporary, path);
    if (!hasCode(error, 'EEXIST')) throw error;
    await unlink(temporary);
    return false;
  }
}

async function linkNew(temporary: string, path: string): Promise<boolean> {
  const isLinked = await link(temporary, path).then(
    () => true,
    async (error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
      // NFS repeats a request without an answer: EEXIST may then come from our own first attempt (open(2), O_EXCL).
      return (await lstat(temporary)).nlink === 2;
    },
  );
  await unlink(temporary);
  return isLinked;
}

import { closeSync, constants, fstatSync, openSync, read } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { hasCode, systemError, withErrnoCode } from '../system-error.ts';
import type { Near } from './near.ts';
import { oddFile, tooLong } from './odd-file.ts';
import { withOpened } from './opened.ts';
import { heldPath, pathOnly } from './place.ts';

/** Flags that open even a FIFO without waiting. */
export const readAtOnce = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
const chunk = 4096;
const readOnPool = promisify(read);

/** Opens without waiting. The caller must check the type of the opened file. */
export async function openToRead(path: string): Promise<FileHandle> {
  try {
    return await open(path, readAtOnce);
  } catch (error) {
    if (hasCode(error, 'ENXIO')) throw oddFile(path, await stat(path), 'a regular file');
    throw error;
  }
}

/** The whole text of a regular file. Follows symlinks. */
export async function readText(path: string, how: 'cached' | 'latest'): Promise<string> {
  return withOpened(await openToRead(path), async (file) => {
    const found = await file.stat();
    if (!found.isFile()) throw oddFile(path, found, 'a regular file');
    if (how === 'latest') await askServer(file);
    return file.readFile('utf8');
  });
}

/**
 * The text of a regular file of at most `most` bytes, from an untrusted place. Checks the type before opening, because opening a
 * device can have side effects.
 */
export async function readSmallText(path: string, most: number, how: 'cached' | 'latest'): Promise<string> {
  try {
    return await readSmall(path, most, how);
  } catch (error) {
    if (!hasCode(withErrnoCode(error), 'ESTALE')) throw error;
    // It was replaced on the server after the lookup: look it up again.
    return readSmall(path, most, how);
  }
}

/**
 * The same; in a local directory, only content that the kernel has to read from the disk is read on the thread pool. Undefined for a missing
 * file there: it is asked for at every Create, and making an error takes longer than the look.
 */
export async function readNearText(near: Near, path: string, most: number): Promise<string | undefined> {
  const held = await near.open(path);
  if (held === undefined) return readSmallText(path, most, 'cached');
  if (held === 'missing') return undefined;
  try {
    const found = fstatSync(held);
    if (!found.isFile()) throw oddFile(path, found, 'a regular file');
    if (found.size > most) throw tooLong(path, most);
    return await readOpened(near, openSync(heldPath(held), readAtOnce), { path, size: found.size, most });
  } finally {
    closeSync(held);
  }
}

interface SmallFile {
  readonly path: string;
  readonly size: number;
  readonly most: number;
}

/** With one read, if the file has not grown since. */
async function readOpened(near: Near, fd: number, { path, size, most }: SmallFile): Promise<string> {
  try {
    const cached = Buffer.allocUnsafe(size);
    if (near.read(fd, cached, 0)) return cached.toString('utf8');
    const chunks: Uint8Array[] = [];
    for (let length = 0; ; ) {
      const part = Buffer.allocUnsafe(size + 1);
      const { bytesRead } = await readOnPool(fd, part, 0, part.length, null);
      chunks.push(part.subarray(0, bytesRead));
      length += bytesRead;
      if (length > most) throw tooLong(path, most);
      if (bytesRead < part.length) return Buffer.concat(chunks).toString('utf8');
    }
  } finally {
    closeSync(fd);
  }
}

async function readSmall(path: string, most: number, how: 'cached' | 'latest'): Promise<string> {
  return withOpened(await open(path, pathOnly | constants.O_NOFOLLOW), async (held) => {
    const found = await held.stat();
    if (!found.isFile()) throw oddFile(path, found, 'a regular file');
    if (found.size > most) throw tooLong(path, most);
    return unlessReplaced(path, async () =>
      withOpened(await open(heldPath(held.fd), readAtOnce), async (file) => {
        if (how === 'latest') await askServer(file);
        return readAtMost(file, path, most);
      }),
    );
  });
}

/**
 * For a file that was found by its name. If it is gone (ENOENT), the client shows a file that another host has removed or replaced by
 * now: that does not say whether there is one of this name.
 */
async function unlessReplaced<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw hasCode(error, 'ENOENT') ? systemError('ESTALE', 'open', path) : error;
  }
}

/** fsync(2) makes the GlusterFS client ask its server at once (seen with 10.3); elsewhere it costs nothing. */
function askServer(file: FileHandle): Promise<void> {
  return file.sync();
}

/** The file may grow while it is being read. */
async function readAtMost(file: FileHandle, path: string, most: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  for (let length = 0; ; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunk), 0, chunk, null);
    chunks.push(buffer.subarray(0, bytesRead));
    length += bytesRead;
    if (length > most) throw tooLong(path, most);
    // Only the last read of a regular file is short.
    if (bytesRead < chunk) return Buffer.concat(chunks).toString('utf8');
  }
}

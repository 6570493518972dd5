import { closeSync, constants, fstatSync, openSync, read } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { systemError } from '../system-error.ts';
import type { Near } from './near.ts';
import { oddFile } from './odd-file.ts';
import { withOpened } from './opened.ts';
import { heldPath, pathOnly } from './place.ts';
import { openToRead, readAtOnce } from './read-text.ts';

const readOnPool = promisify(read);

/** See `Files.readBytes`. */
export async function readBytes(path: string, offset: number, length: number): Promise<Uint8Array> {
  return withOpened(await openToRead(path), async (file) => {
    const found = await file.stat();
    if (!found.isFile() && !found.isBlockDevice()) throw oddFile(path, found, 'a regular file');
    const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  });
}

/** The same for a regular file in an untrusted place. In a local directory, only content that is not in memory is read on the thread pool. */
export async function readNearBytes(
  near: Near,
  path: string,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const held = await near.open(path);
  if (held === undefined) return readFarBytes(path, offset, length);
  if (held === 'missing') throw systemError('ENOENT', 'open', path);
  try {
    const found = fstatSync(held);
    if (!found.isFile()) throw oddFile(path, found, 'a regular file');
    const fd = openSync(heldPath(held), readAtOnce);
    try {
      const bytes = new Uint8Array(length);
      if (near.read(fd, bytes, offset)) return bytes;
      const { bytesRead } = await readOnPool(fd, bytes, 0, length, offset);
      return bytes.subarray(0, bytesRead);
    } finally {
      closeSync(fd);
    }
  } finally {
    closeSync(held);
  }
}

async function readFarBytes(path: string, offset: number, length: number): Promise<Uint8Array> {
  return withOpened(await open(path, pathOnly | constants.O_NOFOLLOW), async (held) => {
    const found = await held.stat();
    if (!found.isFile()) throw oddFile(path, found, 'a regular file');
    return readBytes(heldPath(held.fd), offset, length);
  });
}

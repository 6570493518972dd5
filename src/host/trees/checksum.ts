import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Entry } from './entry.ts';

const piece = Buffer.alloc(1024 * 1024);

/** The entry with the checksum of its file. A file that changes meanwhile, or is another one by now, is marked. */
export function withChecksum(entry: Entry, place: Buffer): Entry {
  let fd: number;
  try {
    fd = openSync(
      place,
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY,
    );
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ELOOP'].includes(String(error.code)))
      return { ...entry, q: true };
    throw error;
  }
  try {
    const hash = createHash('sha256');
    for (;;) {
      const length = readSync(fd, piece);
      if (length === 0) break;
      hash.update(piece.subarray(0, length));
    }
    const after = fstatSync(fd, { bigint: true });
    const isSame = `${after.ctimeNs}` === entry.c && `${after.ino}` === entry.i;
    return { ...entry, h: hash.digest('hex'), ...(isSame ? {} : { q: true as const }) };
  } finally {
    closeSync(fd);
  }
}

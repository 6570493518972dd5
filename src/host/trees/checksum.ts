import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { hasCode } from '../system-error.ts';
import type { Entry } from './entry.ts';

const piece = Buffer.alloc(1024 * 1024);
/** Digits of a nonce and of both. */
const [nonceDigits, tagDigits] = [24, 56];

/** Sums up the content of a file. */
interface Sum {
  add(bytes: Buffer): void;
  /** In hexadecimal. */
  end(): string;
}

/** Makes one for each file. */
export type Sums = () => Sum;

export function newKey(): Buffer {
  return randomBytes(32);
}

/**
 * AES-256-GMAC with a nonce of its own: a fifth of the processor's time of SHA-256. Up to 64 GiB, a change stays unseen with a
 * chance of less than 2^-90, even if it was chosen by somebody who can write the files but has not seen the key, which is in the
 * manifest.
 */
export function keyedSums(key: Buffer): Sums {
  return () => keyedSum(key, randomBytes(nonceDigits / 2));
}

function keyedSum(key: Buffer, nonce: Buffer): Sum {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  return {
    add: (bytes) => void cipher.setAAD(bytes),
    end() {
      cipher.final();
      return Buffer.concat([nonce, cipher.getAuthTag()]).toString('hex');
    },
  };
}

/** What makes a sum that is comparable with this one. `key`: that of the manifest; the first form had SHA-256 and none. */
export function sumsLike(sum: string, key: Buffer | undefined): Sums {
  if (key === undefined || sum.length !== tagDigits) return sha256;
  return () => keyedSum(key, Buffer.from(sum.slice(0, nonceDigits), 'hex'));
}

function sha256(): Sum {
  const hash = createHash('sha256');
  return { add: (bytes) => void hash.update(bytes), end: () => hash.digest('hex') };
}

/** The entry with the checksum of its file. A file that changes meanwhile, or is another one by now, is marked. */
export function withChecksum(entry: Entry, place: Buffer, sums: Sums): Entry {
  let fd: number;
  try {
    fd = openSync(
      place,
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY,
    );
  } catch (error) {
    // ENXIO: a socket.
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO')) return { ...entry, q: true };
    throw error;
  }
  try {
    const isSame = () => {
      const facts = fstatSync(fd, { bigint: true });
      return facts.isFile() && `${facts.ctimeNs}` === entry.c && `${facts.ino}` === entry.i;
    };
    if (!isSame()) return { ...entry, q: true };
    const h = checksum(fd, sums());
    return { ...entry, h, ...(isSame() ? {} : { q: true as const }) };
  } finally {
    closeSync(fd);
  }
}

function checksum(fd: number, sum: Sum): string {
  for (;;) {
    const length = readSync(fd, piece);
    if (length === 0) return sum.end();
    sum.add(piece.subarray(0, length));
  }
}

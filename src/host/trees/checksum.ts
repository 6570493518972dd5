import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
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
 * AES-256-GMAC with a nonce of its own: a fifth of the processor's time of SHA-256. A change stays unseen with a chance of less than
 * 2^-90 up to 64 GiB, also if somebody chose it who can write files but has not seen the key, which is in the manifest.
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
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ELOOP'].includes(String(error.code)))
      return { ...entry, q: true };
    throw error;
  }
  try {
    const sum = sums();
    for (;;) {
      const length = readSync(fd, piece);
      if (length === 0) break;
      sum.add(piece.subarray(0, length));
    }
    const after = fstatSync(fd, { bigint: true });
    const isSame = `${after.ctimeNs}` === entry.c && `${after.ino}` === entry.i;
    return { ...entry, h: sum.end(), ...(isSame ? {} : { q: true as const }) };
  } finally {
    closeSync(fd);
  }
}

import { createHash, timingSafeEqual } from 'node:crypto';
import { open } from 'node:fs/promises';
import { VolumeError } from '../../core/volume-error.ts';

/** Characters: 128 bits in hexadecimal cannot be guessed. */
const shortest = 32;
const longest = 4096;

/**
 * Reads the token. Throws `invalid` for a file that users other than its owner and group may read, or that anybody but its owner may
 * write, and for a token that is easily guessed; `failed` if the file cannot be read.
 */
export async function readToken(path: string): Promise<string> {
  const text = await readPrivate(path);
  const token = text.trim();
  if (token.length >= shortest && /^[\x21-\x7e]+$/.test(token)) return token;
  const way = `create one: (umask 077; openssl rand -hex 32 > ${path})`;
  throw new VolumeError(
    'invalid',
    `The token in ${path} must have at least ${shortest} printable characters, without spaces: ${way}`,
  );
}

/** Takes the same time for any common prefix. */
export function isSameToken(given: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

async function readPrivate(path: string): Promise<string> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new VolumeError('failed', `The token file ${path} cannot be read: ${reason}`, { cause });
  }
  try {
    const status = await file.stat();
    if (!status.isFile() || status.size > longest)
      throw new VolumeError('invalid', `${path} is not a file with a token of at most ${longest} bytes.`);
    if ((status.mode & 0o027) !== 0)
      throw new VolumeError('invalid', `Others can read or change ${path}: chmod 600 ${path}`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

import { open } from 'node:fs/promises';
import { isTree } from './tree.ts';

/** The largest configuration that is read: more than a thousand drivers fit. */
const largestFile = 256 * 1024;

export type TextRead =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unusable'; readonly message: string };

/** The text of a small UTF-8 file. Never throws, and never reads much, whatever the file is. */
export async function readText(file: string): Promise<TextRead> {
  try {
    const bytes = await readUpTo(file, largestFile);
    if (bytes.length > largestFile) return unusable('is larger than 256 KiB: that is not a configuration');
    return decode(bytes);
  } catch (error) {
    return unreadable(error);
  }
}

async function readUpTo(file: string, limit: number): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.alloc(limit + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.subarray(0, length);
  } finally {
    await handle.close();
  }
}

function decode(bytes: Buffer): TextRead {
  const text = decoded(bytes);
  if (text === undefined)
    return unusable(`is not UTF-8 text (line ${firstBadLine(bytes)}): save it as UTF-8`);
  if (text.includes('\0')) return unusable('contains NUL bytes: it is not a text file');
  return { kind: 'text', text };
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** A newline byte is never a part of another character, so that each line can be tried alone. */
function firstBadLine(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line += 1) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline + 1;
    if (decoded(bytes.subarray(start, end)) === undefined) return line;
    start = end;
  }
  return line;
}

function unreadable(error: unknown): TextRead {
  const { code, message } = isTree(error) ? error : { code: undefined, message: error };
  if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'absent' };
  if (code === 'EISDIR') return unusable('is a directory: name a file');
  if (code === 'EACCES' || code === 'EPERM') return unusable('may not be read by this user');
  return unusable(`cannot be read: ${String(message)}`);
}

function unusable(message: string): TextRead {
  return { kind: 'unusable', message };
}

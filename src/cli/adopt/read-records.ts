import { constants } from 'node:fs';
import { lstat, open, opendir } from 'node:fs/promises';
import type { Json } from '../../core/json.ts';
import { quote } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';

/** More than any host has volumes; a folder of more is another one. */
const mostEntries = 20_000;
const largestRecord = 4 * 1024 * 1024;

export interface FolderEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
}

/** Throws `not-found` or `invalid`, naming the folder. A link is not followed: it may lead to another user's folder. */
export async function folderEntries(folder: string): Promise<readonly FolderEntry[]> {
  const facts = await lstat(folder).catch((cause) => {
    const why = cause.code === 'ENOENT' ? 'does not exist' : `cannot be read (${cause.code})`;
    const message = `The folder ${quote(folder)} ${why}: give the one that has the records.`;
    throw new VolumeError('not-found', message, { cause });
  });
  if (!facts.isDirectory())
    throw new VolumeError('invalid', `${quote(folder)} is not a folder: give the one that has the records.`);
  const found: FolderEntry[] = [];
  for await (const entry of await opendir(folder)) {
    const kind = entry.isFile()
      ? 'file'
      : entry.isDirectory()
        ? 'folder'
        : entry.isSymbolicLink()
          ? 'link'
          : 'other';
    found.push({ name: entry.name, kind });
    if (found.length > mostEntries)
      throw new VolumeError(
        'invalid',
        `${quote(folder)} has more than ${mostEntries} entries: give another folder.`,
      );
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Undefined if there is no such file. Throws `failed` for what cannot be read as JSON, or is not a file. */
export async function readRecord(path: string): Promise<Json | undefined> {
  const text = await readText(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw unreadable(path, error.code === 'ELOOP' ? 'it is a symbolic link' : error.message);
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(path, 'it is not JSON');
  }
}

async function readText(path: string): Promise<string> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw new Error('it is not a regular file');
    if (facts.size > largestRecord) throw new Error(`it has more than ${largestRecord} bytes`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function unreadable(path: string, why: string): VolumeError {
  return new VolumeError('failed', `The record ${quote(path)} cannot be used: ${why}.`);
}

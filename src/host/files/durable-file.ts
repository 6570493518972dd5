import { constants } from 'node:fs';
import { link, lstat, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hasCode } from '../system-error.ts';

/** Prefix of temporary files, which a crash may leave behind. Readers of a directory ignore them. */
const temporaryPrefix = '.tmp-';

/** See `Files.writeText`. The new text is on disk before it gets its name. */
export async function writeTextDurably(
  path: string,
  text: string,
  how: 'exclusive' | 'replace',
  newId: () => string,
): Promise<boolean> {
  const temporary = join(dirname(path), `${temporaryPrefix}${basename(path).slice(0, 200)}-${newId()}`);
  try {
    await writeNew(temporary, text);
    if (how === 'exclusive' && !(await linkNew(temporary, path))) return false;
    if (how === 'replace') await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncDirectory(dirname(path));
  return true;
}

/** Makes the names in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Gives the file its name and removes the temporary one. False if another file has the name. */
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

import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { VolumeError } from '../../core/volume-error.ts';
import { hasCode, withCode, withErrnoCode } from '../system-error.ts';
import { oddFile } from './odd-file.ts';
import { withOpened } from './opened.ts';
import { heldPath, pathOnly } from './place.ts';

/**
 * `held`: the descriptor only keeps the directory in place, needs no permission and may ask no server. `read`: it is opened for reading,
 * so an NFS client asks the server about each directory on the way.
 */
type How = 'held' | 'read';

const flags = { held: pathOnly, read: constants.O_RDONLY } as const;

/** Opens a directory below the root, one component at a time, and follows no symlink below the root. */
export async function walkDown(root: string, names: readonly string[], how: How): Promise<FileHandle> {
  let held = await open(root, flags[how] | constants.O_DIRECTORY);
  for (const [index, name] of names.entries()) {
    const path = [root, ...names.slice(0, index + 1)].join('/');
    held = await withOpened(held, ({ fd }) => step(heldPath(fd), name, path, how));
  }
  return held;
}

async function step(parent: string, name: string, path: string, how: How): Promise<FileHandle> {
  const place = `${parent}/${name}`;
  try {
    return await open(place, flags[how] | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    // The kernel says ENOTDIR for a symlink as well.
    if (hasCode(error, 'ENOTDIR')) throw oddFile(path, await lstat(place), 'a directory');
    throw withPath(withErrnoCode(error), parent, path.slice(0, -name.length - 1));
  }
}

/** The same error, but with the real path of what is held open. */
export function withPath(error: unknown, held: string, path: string): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const message = error.message.replaceAll(held, path);
  if (error instanceof VolumeError) return new VolumeError(error.code, message, { cause: error });
  return withCode(`${error.code}`, message);
}

import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VolumeError } from '../../core/volume-error.ts';
import { hasCode } from '../system-error.ts';
import { makeDirectory } from './directories.ts';

const closed = 0o700;
const sticky = 0o1000;

/** See `Files.makePrivateDirectory`. */
export async function makePrivateDirectory(path: string): Promise<string | undefined> {
  await makeDirectory(dirname(path));
  try {
    await mkdir(path, { mode: closed });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  // An administrator may have made it a symlink to a larger disk: check the target.
  const real = await realpath(path);
  for (const above of parentsOf(real)) refuseForeign(path, above, await lstat(above));
  return close(path, real);
}

/** Uses a descriptor, so that the checked directory is the one that is changed. */
async function close(path: string, real: string): Promise<string | undefined> {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  const directory = await open(real, flags);
  try {
    const facts = await directory.stat();
    refuseForeign(path, real, { ...facts, mode: facts.mode & ~sticky });
    const mode = facts.mode & 0o7777;
    if ((mode & 0o077) === 0) return undefined;
    await directory.chmod(closed);
    return octal(mode);
  } finally {
    await directory.close();
  }
}

/**
 * Throws if another user may write to the directory `place`, which is `path` or one of its parents. A user who may rename in a
 * directory can replace its subdirectories; in a sticky directory only the owner can.
 */
export function refuseForeign(
  path: string,
  place: string,
  { uid, gid, mode }: Pick<Stats, 'uid' | 'gid' | 'mode'>,
): void {
  const refuse = (why: string, way: string) =>
    new VolumeError(
      'failed',
      `${path} cannot be trusted: ${place} ${why}, so its content may come from another user: ${way}, or choose another directory.`,
    );
  if (uid !== 0 && uid !== process.geteuid?.()) {
    throw refuse(`belongs to user ${uid}`, `check its content, then run \`chown root: ${place}\``);
  }
  const isWritable = (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== 0);
  if (!isWritable || (mode & sticky) !== 0) return;
  throw refuse(
    `has mode ${octal(mode & 0o7777)}, so others can write to it`,
    `check its content, then run \`chmod go-w ${place}\``,
  );
}

export function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/** All parents, from the root down, without the path itself. */
export function parentsOf(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === path ? [] : [...parentsOf(parent), parent];
}

import { closeSync, constants, fchmodSync, fstatSync, lstatSync, openSync, type Stats } from 'node:fs';
import { lstat, mkdir, open, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VolumeError } from '../../core/volume-error.ts';
import type { MayBlock } from '../mounts/may-block.ts';
import { hasCode } from '../system-error.ts';
import { makeDirectory } from './directories.ts';

const closed = 0o700;
const sticky = 0o1000;

/** See `Files.makePrivateDirectory`. */
export async function makePrivateDirectory(
  path: string,
  mayBlock: MayBlock | undefined,
): Promise<string | undefined> {
  // A hop to the thread pool takes longer than a look, and this makes a dozen: the start closes six directories.
  if ((await mayBlock?.of(path)) === 'local') return closeNear(path);
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

const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** Uses a descriptor, so that the checked directory is the one that is changed. */
async function close(path: string, real: string): Promise<string | undefined> {
  const directory = await open(real, flags);
  try {
    const opened = openMode(path, real, await directory.stat());
    if (opened !== undefined) await directory.chmod(closed);
    return opened;
  } finally {
    await directory.close();
  }
}

/** The same for a directory that exists, on a local disk and without a symlink on the way. */
function closeNear(path: string): string | undefined {
  for (const above of parentsOf(path)) refuseForeign(path, above, lstatSync(above));
  const directory = openSync(path, flags);
  try {
    const opened = openMode(path, path, fstatSync(directory));
    if (opened !== undefined) fchmodSync(directory, closed);
    return opened;
  } finally {
    closeSync(directory);
  }
}

/** The mode of a directory that is open to other users; throws if one of them may write to it. */
function openMode(path: string, real: string, facts: Stats): string | undefined {
  refuseForeign(path, real, { ...facts, mode: facts.mode & ~sticky });
  const mode = facts.mode & 0o7777;
  return (mode & 0o077) === 0 ? undefined : octal(mode);
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

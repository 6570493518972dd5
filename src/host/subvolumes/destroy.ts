import { constants, statfsSync } from 'node:fs';
import { type FileHandle, lstat, open, statfs } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { withOpened } from '../files/opened.ts';
import { heldPath } from '../files/place.ts';
import type { SystemCalls } from '../system-calls.ts';
import { unlessMissing } from '../system-error.ts';
import { destroySubvolume, subvolumesIn } from './kernel-calls.ts';

/** linux/magic.h: BTRFS_SUPER_MAGIC. */
const btrfs = 0x9123683e;
/** BTRFS_FIRST_FREE_OBJECTID: the inode of the root of every subvolume. */
const rootInode = 256n;
const directoryFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** Whether a directory is on btrfs. Does not follow a symlink. */
export async function isOnBtrfs(directory: string): Promise<boolean> {
  return (await statfs(`${directory}/.`)).type === btrfs;
}

/** The same in the calling thread, for a local directory. */
export function isOnBtrfsNear(directory: string): boolean {
  return statfsSync(`${directory}/.`).type === btrfs;
}

/** Whether there is a subvolume, not followed if it is a symlink. */
export async function isSubvolume(place: string): Promise<boolean> {
  const found = await unlessMissing(() => lstat(place, { bigint: true }));
  return found?.isDirectory() === true && found.ino === rootInode && (await isOnBtrfs(place));
}

/**
 * Removes the subvolumes in a directory, and the directory itself if it is one, as which it also can be read-only. Returns whether it
 * was.
 */
export async function destroySubvolumes(
  calls: SystemCalls,
  place: string,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await unlessMissing(() => lstat(place));
  if (found?.isDirectory() !== true || !(await isOnBtrfs(place))) return false;
  await withOpened(await open(place, directoryFlags), (directory) => destroyIn(calls, directory, signal));
  if (!(await isSubvolume(place))) return false;
  const parent = await open(`${dirname(place)}/.`, constants.O_RDONLY | constants.O_DIRECTORY);
  await withOpened(parent, ({ fd }) => destroySubvolume(calls, fd, Buffer.from(basename(place))));
  return true;
}

async function destroyIn(calls: SystemCalls, directory: FileHandle, signal: AbortSignal): Promise<void> {
  for (const { parent, name } of await subvolumesIn(calls, directory.fd)) {
    signal.throwIfAborted();
    await withOpened(await openBelow(directory, parent), async (holder) => {
      await withOpened(await open(inside(holder, name), directoryFlags), (nested) =>
        destroyIn(calls, nested, signal),
      );
      await destroySubvolume(calls, holder.fd, name);
    });
  }
}

/** Follows no symlink, which could have been put there since the look. */
async function openBelow(top: FileHandle, path: Buffer): Promise<FileHandle> {
  let held = await open(`${heldPath(top.fd)}/.`, constants.O_RDONLY | constants.O_DIRECTORY);
  // Names are bytes: latin1 turns each byte into one character, and back.
  for (const name of path.toString('latin1').split('/').filter(Boolean))
    held = await withOpened(held, (above) =>
      open(inside(above, Buffer.from(name, 'latin1')), directoryFlags),
    );
  return held;
}

function inside({ fd }: FileHandle, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${heldPath(fd)}/`), name]);
}

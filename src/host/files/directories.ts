import { constants, lstatSync, mkdir as mkdirOf } from 'node:fs';
import { chmod, lstat, mkdir, open, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Names, Owner } from '../host.ts';
import type { KernelMounts } from '../mounts/kernel-mounts.ts';
import { hasCode, systemError, unlessMissing } from '../system-error.ts';
import { together } from './durable-file.ts';
import type { Near } from './near.ts';
import type { SyncDirectory } from './shared-syncs.ts';

/** Not that of `node:fs/promises`, which takes 10 µs more. */
const makeOnPool = promisify(mkdirOf);

/** See `Files.makeDirectory`. Sets the mode regardless of the umask. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await makeWithParents(path);
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) {
    // Not on the pool: the kernel has just made it, and the usual umask leaves nothing to do.
    if ((lstatSync(made).mode & 0o7777) !== 0o755) await chmod(made, 0o755);
  }
}

/**
 * The first directory that was made; undefined if all were there. Node's own `recursive` never ends where the kernel makes no directory
 * in one that exists (ENOENT), as below /proc.
 */
async function makeWithParents(path: string): Promise<string | undefined> {
  const make = () => mkdir(path, { mode: 0o755 }).then(() => path);
  return make().catch(async (error) => {
    const above = dirname(path);
    if (!hasCode(error, 'ENOENT') || above === path) return unlessDirectory(path, error);
    const first = await makeWithParents(above);
    const last = await make().catch((again) => unlessDirectory(path, again));
    return first ?? last;
  });
}

async function unlessDirectory(path: string, error: unknown): Promise<undefined> {
  if (!hasCode(error, 'EEXIST')) throw error;
  if (!(await stat(path)).isDirectory()) throw error;
}

/** See `Files.createDirectory`. If the owner cannot be set, the directory is removed again. */
export async function createDirectory(
  { near, syncDirectory }: { readonly near: Near; readonly syncDirectory: SyncDirectory },
  path: string,
  owner: Owner,
  names: Names = 'synced',
): Promise<boolean> {
  // Its mode from the start, if the directory above is ours: mostly nothing is left to be set.
  const isNear = near.isHeld(dirname(path));
  if (isNear && typeof near.stat(path) === 'object') return false;
  try {
    await makeOnPool(path, { mode: isNear ? owner.mode & 0o777 : 0o700 });
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
  try {
    if (!isNear || !hasOwner(near, path, owner)) await setOwner(path, owner);
  } catch (error) {
    await rmdir(path).catch(() => undefined);
    throw error;
  }
  if (names === 'synced') await together([path, dirname(path)].map(syncDirectory));
  return true;
}

function hasOwner(near: Near, path: string, owner: Owner): boolean {
  const found = near.stat(path);
  if (typeof found !== 'object') return false;
  return (
    Number(found.uid) === owner.uid &&
    Number(found.gid) === owner.gid &&
    Number(found.mode & 0o7777n) === owner.mode
  );
}

/** Never follows a symlink as the last component. Sets the mode last, because chown clears some of its bits. */
export async function setOwner(path: string, owner: Owner): Promise<void> {
  const file = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await file.chown(owner.uid, owner.gid);
    await file.chmod(owner.mode);
  } finally {
    await file.close();
  }
}

/** See `Files.makeMountpoint`. Does nothing if something is already mounted there. */
export async function makeMountpoint(kernel: KernelMounts, path: string): Promise<void> {
  const state = await kernel.look(path);
  if (state.kind === 'mounted') return;
  if (state.kind === 'missing') await makeDirectory(path);
  await protect(kernel, path);
}

/** The mode is set before the flag: an immutable directory's mode cannot be changed. */
async function protect(kernel: KernelMounts, path: string): Promise<void> {
  // Not on the pool: it is part of every mount and takes 2 µs, as mountpoints are on a local disk.
  const { mode } = lstatSync(path);
  if ((mode & 0o7777) !== 0) {
    await kernel.setImmutable(path, 'mutable');
    await chmod(path, 0o000);
  }
  await kernel.setImmutable(path, 'immutable');
}

/** See `Files.removeDirectory`. */
export async function removeDirectory(
  kernel: KernelMounts,
  syncDirectory: SyncDirectory,
  path: string,
): Promise<void> {
  if ((await kernel.look(path)).kind === 'missing') return;
  try {
    await removeUnprotected(syncDirectory, path);
  } catch (error) {
    if (!hasCode(error, 'EPERM')) throw error;
    // Not synced: a mountpoint that a crash of the kernel brings back is empty and refuses writes, as before its removal.
    await removeProtected(kernel, path);
  }
}

/** See `Files.removeIfEmpty`. */
export async function removeIfEmpty(path: string): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST', 'EBUSY')) throw error;
  }
}

/** The same for a directory that is not a mountpoint. */
export async function removeUnprotected(syncDirectory: SyncDirectory, path: string): Promise<void> {
  const facts = await unlessMissing(() => lstat(path));
  if (!facts) return;
  if (!facts.isDirectory()) throw systemError('ENOTDIR', 'rmdir', path);
  await rmdir(path);
  await syncDirectory(dirname(path));
}

async function removeProtected(kernel: KernelMounts, path: string): Promise<void> {
  // Otherwise the flag of the mounted directory would be cleared.
  const state = await kernel.look(path);
  if (state.kind === 'mounted') throw systemError('EBUSY', 'rmdir', path);
  await kernel.setImmutable(path, 'mutable');
  try {
    await rmdir(path);
  } catch (error) {
    await kernel.setImmutable(path, 'immutable');
    throw error;
  }
}

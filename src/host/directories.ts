import { constants, lstatSync } from 'node:fs';
import { chmod, lstat, mkdir, open, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from './durable-file.ts';
import type { Owner } from './host.ts';
import type { KernelMounts } from './kernel-mounts.ts';
import { hasCode, systemError, unlessMissing } from './system-error.ts';

/** See `Files.makeDirectory`; the umask plays no part. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o755 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await chmod(made, 0o755);
}

/** See `Files.createDirectory`. One whose owner cannot be set is taken away again. */
export async function createDirectory(path: string, owner: Owner): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
  try {
    await setOwner(path, owner);
  } catch (error) {
    await rmdir(path).catch(() => undefined);
    throw error;
  }
  await syncDirectory(path);
  await syncDirectory(dirname(path));
  return true;
}

/** Never through a symlink in the last place. The mode comes last, as a change of owner drops bits of it. */
export async function setOwner(path: string, owner: Owner): Promise<void> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    await file.chown(owner.uid, owner.gid);
    await file.chmod(owner.mode);
  } finally {
    await file.close();
  }
}

/** See `Files.makeMountpoint`. What is mounted there already is not touched. */
export async function makeMountpoint(kernel: KernelMounts, path: string): Promise<void> {
  const state = await kernel.look(path);
  if (state.kind === 'mounted') return;
  if (state.kind === 'missing') await makeDirectory(path);
  await protect(kernel, path);
}

/** A directory with the flag cannot have its mode changed any more. */
async function protect(kernel: KernelMounts, path: string): Promise<void> {
  // Not on the pool: it comes with every mount, and takes 2 µs on the local disk that mountpoints are on.
  const { mode } = lstatSync(path);
  if ((mode & 0o7777) !== 0) {
    await kernel.setImmutable(path, 'mutable');
    await chmod(path, 0o000);
  }
  await kernel.setImmutable(path, 'immutable');
}

/** See `Files.removeDirectory`. */
export async function removeDirectory(kernel: KernelMounts, path: string): Promise<void> {
  const facts = await unlessMissing(() => lstat(path));
  if (!facts) return;
  if (!facts.isDirectory()) throw systemError('ENOTDIR', 'rmdir', path);
  try {
    await rmdir(path);
  } catch (error) {
    if (!hasCode(error, 'EPERM')) throw error;
    await removeProtected(kernel, path);
  }
  await syncDirectory(dirname(path));
}

async function removeProtected(kernel: KernelMounts, path: string): Promise<void> {
  // The flag would be taken from what is mounted there.
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

import { type BigIntStats, closeSync, constants, fstatSync, openSync, readlinkSync } from 'node:fs';
import { type FileHandle, lstat, open, readlink } from 'node:fs/promises';
import { deviceText, inodeText } from '../device-number.ts';
import type { BindFlag } from '../host.ts';
import type { SystemCalls } from '../system-calls.ts';
import { hasCode, systemError } from '../system-error.ts';
import { attributesOf, bindFlag, boundOptions, flagsOf, remountFlag } from './flags.ts';
import type { ReadMountTable } from './kernel-mounts.ts';
import { topmostAt } from './table.ts';

/** O_PATH; Node has no constant for it. The value is the same on all of Node's architectures. */
const toHold = 0o10000000 | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * In the calling thread, for a local directory. The directory is held open from the check to the mount, so that it cannot be
 * replaced in between.
 */
export function bindHere(calls: SystemCalls, source: string, target: string): void {
  const fd = openSync(source, toHold);
  try {
    const held = `/proc/self/fd/${fd}`;
    if (readlinkSync(held) !== source) throw systemError('ELOOP', 'bind', source);
    calls.mount(held, target, bindFlag);
    verify(calls, target, fstatSync(fd, { bigint: true }));
  } finally {
    closeSync(fd);
  }
}

/** The same on the thread pool, for a directory on a server. */
export async function bindOnPool(calls: SystemCalls, source: string, target: string): Promise<void> {
  const directory = await hold(source);
  try {
    const held = `/proc/self/fd/${directory.fd}`;
    if ((await readlink(held)) !== source) throw systemError('ELOOP', 'bind', source);
    await calls.mountFileSystem(held, target, 'none', bindFlag, '');
    verify(calls, target, await directory.stat({ bigint: true }));
  } finally {
    await directory.close();
  }
}

/**
 * The same with flags, which the bind has from the start: only then do copies in other mount namespaces get them, for example the
 * host's copy of a managed plugin's mount.
 */
export async function bindRestricted(
  calls: SystemCalls,
  source: string,
  target: string,
  wanted: readonly BindFlag[],
  readTable: ReadMountTable,
): Promise<void> {
  const directory = await hold(source);
  try {
    if ((await readlink(`/proc/self/fd/${directory.fd}`)) !== source)
      throw systemError('ELOOP', 'bind', source);
    await calls.bindRestricted(directory.fd, target, attributesOf(wanted));
    verify(calls, target, await directory.stat({ bigint: true }));
  } catch (error) {
    if (!hasCode(error, 'ENOSYS', 'EPERM')) throw error;
    await bindOnPool(calls, source, target);
    await restrict(calls, target, wanted, readTable);
  } finally {
    await directory.close();
  }
}

/** Adds flags to a bind that was just made; unmounts it if that fails. */
async function restrict(
  calls: SystemCalls,
  target: string,
  wanted: readonly BindFlag[],
  readTable: ReadMountTable,
): Promise<void> {
  try {
    const options = topmostAt(await readTable(), target)?.options ?? [];
    calls.mount('none', target, bindFlag | remountFlag | flagsOf(boundOptions(wanted, options)));
  } catch (error) {
    calls.unmount(target);
    throw error;
  }
}

/** With O_NOFOLLOW, the kernel returns ENOTDIR for a symlink to a directory. */
async function hold(source: string): Promise<FileHandle> {
  try {
    return await open(source, toHold);
  } catch (error) {
    const isLink = hasCode(error, 'ENOTDIR') && (await lstat(source)).isSymbolicLink();
    throw isLink ? systemError('ELOOP', 'bind', source) : error;
  }
}

/** Checks the target without asking a server. An unmount here writes nothing back: the file system is also mounted elsewhere. */
export function verify(calls: SystemCalls, target: string, source: BigIntStats): void {
  const facts = calls.statMount(target);
  if (facts === undefined) throw systemError('ENOENT', 'bind', target);
  const isTheSource = facts.device === deviceText(source.dev) && facts.inode === inodeText(source.ino);
  if (facts.isMountRoot && isTheSource) return;
  if (facts.isMountRoot) calls.unmount(target);
  throw systemError('EIO', 'bind', target, 'something else is mounted there');
}

import { type BigIntStats, closeSync, constants, fstatSync, openSync, readlinkSync } from 'node:fs';
import { type FileHandle, lstat, open, readlink } from 'node:fs/promises';
import { deviceText, inodeText } from './device-number.ts';
import type { ReadMountTable } from './kernel-mounts.ts';
import { bindFlag, flagsOf, readOnlyOptions, remountFlag } from './mount-flags.ts';
import { topmostAt } from './mount-table.ts';
import type { SystemCalls } from './system-calls.ts';
import { hasCode, systemError } from './system-error.ts';

/** O_PATH is not among Node's constants; it is the same on every architecture that Node runs on. */
const toHold = 0o10000000 | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * In the calling thread, for a local directory. It is held open from the check to the mount, so that nobody can put
 * another in its place.
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

/** The same, and whatever may wait for a server waits on the thread pool. */
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

/** Makes a bind that was just made read-only, or takes it down again. */
export async function makeReadOnly(
  calls: SystemCalls,
  target: string,
  readTable: ReadMountTable,
): Promise<void> {
  try {
    const options = topmostAt(await readTable(), target)?.options ?? [];
    calls.mount('none', target, bindFlag | remountFlag | flagsOf(readOnlyOptions(options)));
  } catch (error) {
    calls.unmount(target);
    throw error;
  }
}

/** The kernel says ENOTDIR of a symlink that is not to be followed to a directory. */
async function hold(source: string): Promise<FileHandle> {
  try {
    return await open(source, toHold);
  } catch (error) {
    const isLink = hasCode(error, 'ENOTDIR') && (await lstat(source)).isSymbolicLink();
    throw isLink ? systemError('ELOOP', 'bind', source) : error;
  }
}

/** The look at the target asks no server; other mounts of the same file system stay, so that nothing is written back. */
function verify(calls: SystemCalls, target: string, source: BigIntStats): void {
  const facts = calls.statMount(target);
  const isTheSource = facts.device === deviceText(source.dev) && facts.inode === inodeText(source.ino);
  if (facts.isMountRoot && isTheSource) return;
  if (facts.isMountRoot) calls.unmount(target);
  throw systemError('EIO', 'bind', target, 'something else is mounted there');
}

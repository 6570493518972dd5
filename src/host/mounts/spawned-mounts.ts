import { readFileSync } from 'node:fs';
import { hasFileSystem, missingDevice, missingFileSystem } from '../../core/missing-parts.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { createMutex } from '../../core/waits/mutex.ts';
import type { BindFlag, FileSystem, MountState, ProgramResult, Programs } from '../host.ts';
import { systemError, systemErrorOf } from '../system-error.ts';
import { boundOptions, joinOptions } from './flags.ts';
import { loopControl, loopPart } from './kernel-devices.ts';
import type { KernelMounts, ReadMountTable } from './kernel-mounts.ts';
import { mountHolding, rootOf, topmostAt } from './table.ts';

/** Milliseconds. A helper that takes longer waits for a server that does not answer. */
const mountDeadline = 60_000;
const lookDeadline = 5_000;
/** ENOTBLK, for which libuv has no name. */
const notBlock = 15;

/** Uses only the plain helper programs and the mount table. Never touches a mounted file system from this process. */
export function spawnedMounts(programs: Programs, readTable: ReadMountTable): KernelMounts {
  const run = (program: string, args: readonly string[], deadline = mountDeadline) =>
    programs.run(program, args, AbortSignal.timeout(deadline));
  const parts: Parts = { run, readTable };
  const loops = createMutex();
  return {
    look: async (path) => look(parts, path),
    bind: async (source, target, flags) => bind(parts, source, target, flags),
    bindSelf: async (path) => succeed(await run('mount', ['--rbind', '--', path, path]), 'mount', path),
    mountImage: (image, target, fileSystem) => loops(() => mountImage(parts, image, target, fileSystem)),
    mountDetached: async () => undefined,
    refreshLoop: async (device) =>
      succeed(await run('losetup', ['--set-capacity', device]), 'losetup', device),
    // Its exit code does not tell a failure from a file system that is not frozen.
    thaw: async (target) => void (await run('fsfreeze', ['--unfreeze', target])),
    mountDisk: async (device, target, fileSystem) => mountDisk(parts, device, target, fileSystem),
    unmount: async (target) => {
      const result = await run('umount', ['-c', '--', target]);
      if (result.exitCode !== 0) throw systemError('EBUSY', 'umount', target, said(result));
    },
    setPropagation: async (path, propagation) =>
      succeed(await run('mount', [`--make-${propagation}`, '--', path]), 'mount', path),
    setImmutable: async (path, wanted) => {
      await run('chattr', [wanted === 'immutable' ? '+i' : '-i', path]).catch(() => undefined);
    },
  };
}

interface Parts {
  readonly run: (program: string, args: readonly string[], deadline?: number) => Promise<ProgramResult>;
  readonly readTable: ReadMountTable;
}

/** The inode is "0" if the mounted file system does not answer. */
async function look(parts: Parts, path: string): Promise<MountState> {
  const entry = topmostAt(await parts.readTable(), path);
  if (!entry) return { kind: (await kindOf(parts, path)) === undefined ? 'missing' : 'bare' };
  return { kind: 'mounted', device: entry.device, inode: (await inodeOf(parts, path)) ?? '0' };
}

/**
 * Checks the result in the kernel's mount table, which names the directory that is really mounted. This reveals a symlink, even
 * one that was put there during the call.
 */
async function bind(parts: Parts, source: string, target: string, flags: readonly BindFlag[]): Promise<void> {
  const result = await parts.run('mount', ['-c', '--bind', '--', source, target]);
  if (result.exitCode !== 0) throw await whyNot(parts, [source, target], result);
  try {
    await verifyBind(parts, source, target);
    if (flags.length > 0) await restrict(parts, target, flags);
  } catch (error) {
    await parts.run('umount', ['-c', '--', target]);
    throw error;
  }
}

async function verifyBind(parts: Parts, source: string, target: string): Promise<void> {
  const table = await parts.readTable();
  const mounted = topmostAt(table, target);
  if (!mounted) throw systemError('EIO', 'bind', target, 'nothing is mounted there');
  const home = mountHolding(table, source);
  const isTheSource = home && mounted.device === home.device && mounted.root === rootOf(home, source);
  if (!isTheSource) throw systemError('ELOOP', 'bind', source);
  if ((await kindOf(parts, target)) !== 'directory') throw systemError('ENOTDIR', 'bind', source);
}

async function restrict(parts: Parts, target: string, wanted: readonly BindFlag[]): Promise<void> {
  const current = topmostAt(await parts.readTable(), target)?.options ?? [];
  const options = ['remount', 'bind', ...boundOptions(wanted, current)].join(',');
  succeed(await parts.run('mount', ['-c', '-o', options, '--', target]), 'mount', target);
  const now = topmostAt(await parts.readTable(), target)?.options ?? [];
  const missing = wanted.filter((flag) => !now.includes(flag));
  if (missing.length > 0)
    throw systemError('EIO', 'mount', target, `these options were not applied: ${missing.join(', ')}`);
}

async function mountImage(
  parts: Parts,
  image: string,
  target: string,
  fileSystem: FileSystem,
): Promise<void> {
  if ((await kindOf(parts, image)) === undefined) throw systemError('ENOENT', 'mount', image);
  const options = ['loop', joinOptions(fileSystem)].join(',');
  const result = await parts.run('mount', ['-t', fileSystem.type, '-o', options, '--', image, target]);
  if (result.exitCode === 0) return;
  if ((await kindOf(parts, loopControl)) === undefined)
    throw missingDevice({ path: loopControl, ...loopPart, state: 'missing' });
  throw kernelLacks(fileSystem.type) ?? (await whyNot(parts, [target], result));
}

async function mountDisk(
  parts: Parts,
  device: string,
  target: string,
  fileSystem: FileSystem,
): Promise<void> {
  const kind = await kindOf(parts, device);
  if (kind === undefined) throw systemError('ENOENT', 'mount', device);
  if (kind === 'symbolic link') throw systemError('ELOOP', 'mount', device);
  if (kind !== 'block special file') throw systemErrorOf(notBlock, 'mount', device);
  const options = joinOptions(fileSystem);
  const result = await parts.run('mount', ['-c', '-t', fileSystem.type, '-o', options, '--', device, target]);
  if (result.exitCode !== 0) throw kernelLacks(fileSystem.type) ?? (await whyNot(parts, [target], result));
}

/** After a mount failed, which would have loaded it. */
function kernelLacks(type: string): VolumeError | undefined {
  return hasFileSystem(readFileSync('/proc/filesystems', 'utf8'), type) === false
    ? missingFileSystem(type)
    : undefined;
}

/** Looks for the reason of a failure: a helper's exit code does not tell it. */
async function whyNot(parts: Parts, directories: readonly string[], result: ProgramResult): Promise<Error> {
  for (const path of directories) {
    const kind = await kindOf(parts, path);
    if (kind === undefined) return systemError('ENOENT', 'mount', path);
    if (kind === 'symbolic link') return systemError('ELOOP', 'mount', path);
    if (kind !== 'directory') return systemError('ENOTDIR', 'mount', path);
  }
  return systemError('EIO', 'mount', directories.at(-1) ?? '', said(result));
}

/** The file type as stat(1) names it. */
async function kindOf(parts: Parts, path: string): Promise<string | undefined> {
  const result = await parts.run('stat', ['--cached=always', '-c', '%F', '--', path], lookDeadline);
  return result.exitCode === 0 ? result.stdout.trim() : undefined;
}

async function inodeOf(parts: Parts, path: string): Promise<string | undefined> {
  try {
    const result = await parts.run('stat', ['--cached=always', '-c', '%i', '--', path], lookDeadline);
    return result.exitCode === 0 ? result.stdout.trim() : undefined;
  } catch (error) {
    if (error instanceof VolumeError && error.code === 'timeout') return undefined;
    throw error;
  }
}

function succeed(result: ProgramResult, call: string, path: string): void {
  if (result.exitCode !== 0) throw systemError('EIO', call, path, said(result));
}

function said(result: ProgramResult): string {
  return result.stderr.trim() || `exit code ${result.exitCode}`;
}

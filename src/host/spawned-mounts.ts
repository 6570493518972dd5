import { takeTurns } from '../core/one-at-a-time.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { Access, FileSystem, MountState, ProgramResult, Programs } from './host.ts';
import type { KernelMounts, ReadMountTable } from './kernel-mounts.ts';
import { joinOptions, readOnlyOptions } from './mount-flags.ts';
import { mountHolding, rootOf, topmostAt } from './mount-table.ts';
import { systemError, systemErrorOf } from './system-error.ts';

/** Milliseconds; what takes longer waits for a server that does not answer. */
const mountDeadline = 60_000;
const lookDeadline = 5_000;
/** ENOTBLK, for which libuv has no name. */
const notBlock = 15;

/** Everything by the plain helpers, and by the table of mounts: touches no mounted file system from this process. */
export function spawnedMounts(programs: Programs, readTable: ReadMountTable): KernelMounts {
  const run = (program: string, args: readonly string[], deadline = mountDeadline) =>
    programs.run(program, args, AbortSignal.timeout(deadline));
  const parts: Parts = { run, readTable };
  const loops = takeTurns();
  return {
    look: async (path) => look(parts, path),
    bind: async (source, target, access) => bind(parts, source, target, access),
    bindSelf: async (path) => succeed(await run('mount', ['--rbind', '--', path, path]), 'mount', path),
    mountImage: (image, target, fileSystem) => loops(() => mountImage(parts, image, target, fileSystem)),
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

/** The inode is "0" when what is mounted there does not answer. */
async function look(parts: Parts, path: string): Promise<MountState> {
  const entry = topmostAt(await parts.readTable(), path);
  if (!entry) return { kind: (await kindOf(parts, path)) === undefined ? 'missing' : 'bare' };
  return { kind: 'mounted', device: entry.device, inode: (await inodeOf(parts, path)) ?? '0' };
}

/**
 * Checked afterwards by the kernel's table: it names the very directory that is mounted, so that a symlink, also one put
 * there in the meantime, shows.
 */
async function bind(parts: Parts, source: string, target: string, access: Access): Promise<void> {
  const result = await parts.run('mount', ['-c', '--bind', '--', source, target]);
  if (result.exitCode !== 0) throw await whyNot(parts, [source, target], result);
  try {
    await verifyBind(parts, source, target);
    if (access === 'read-only') await makeReadOnly(parts, target);
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

async function makeReadOnly(parts: Parts, target: string): Promise<void> {
  const current = topmostAt(await parts.readTable(), target)?.options ?? [];
  const options = ['remount', 'bind', ...readOnlyOptions(current)].join(',');
  succeed(await parts.run('mount', ['-c', '-o', options, '--', target]), 'mount', target);
  const now = topmostAt(await parts.readTable(), target)?.options ?? [];
  if (!now.includes('ro')) throw systemError('EIO', 'mount', target, 'it did not become read-only');
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
  if (result.exitCode !== 0) throw await whyNot(parts, [target], result);
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
  if (result.exitCode !== 0) throw await whyNot(parts, [target], result);
}

/** A helper's exit code says only that it failed: look for the reason. */
async function whyNot(parts: Parts, directories: readonly string[], result: ProgramResult): Promise<Error> {
  for (const path of directories) {
    const kind = await kindOf(parts, path);
    if (kind === undefined) return systemError('ENOENT', 'mount', path);
    if (kind === 'symbolic link') return systemError('ELOOP', 'mount', path);
    if (kind !== 'directory') return systemError('ENOTDIR', 'mount', path);
  }
  return systemError('EIO', 'mount', directories.at(-1) ?? '', said(result));
}

/** In the words of stat(1). */
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

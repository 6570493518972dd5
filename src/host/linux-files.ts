import { type BigIntStats, constants } from 'node:fs';
import { lstat, open, readdir, readFile, realpath, rename, statfs, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VolumeError } from '../core/volume-error.ts';
import { openAppendLog } from './append-log.ts';
import { deviceText, inodeText } from './device-number.ts';
import { createDirectory, makeDirectory, makeMountpoint, removeDirectory, setOwner } from './directories.ts';
import { syncDirectory, writeTextDurably } from './durable-file.ts';
import type { FileFacts, Files, Programs } from './host.ts';
import type { KernelMounts, ReadMountTable } from './kernel-mounts.ts';
import { mountsBelow, topmostAt } from './mount-table.ts';
import type { SystemCalls } from './system-calls.ts';
import { hasCode, systemError, unlessMissing } from './system-error.ts';

export interface FileParts {
  readonly calls: SystemCalls | undefined;
  readonly kernel: KernelMounts;
  readonly programs: Programs;
  readonly readTable: ReadMountTable;
  readonly newId: () => string;
}

export function linuxFiles(parts: FileParts): Files {
  return {
    readText: (path) => unlessMissing(() => readFile(path, 'utf8')),
    readLatest: (path) => unlessMissing(() => readLatest(path)),
    refresh,
    list: (path) => unlessMissing(() => readdir(path)),
    facts: async (path) => {
      const stats = await unlessMissing(() => lstat(path, { bigint: true }));
      if (stats?.isBlockDevice()) return blockDeviceFacts(stats);
      return stats && factsOf(stats);
    },
    realPath: (path) => unlessMissing(() => realpath(path)),
    freeBytes: async (path) => {
      const { bavail, bsize } = await statfs(path);
      return bavail * bsize;
    },
    makeDirectory,
    createDirectory,
    setOwner,
    makeMountpoint: (path) => makeMountpoint(parts.kernel, path),
    removeDirectory: (path) => removeDirectory(parts.kernel, path),
    createSparse,
    readBytes,
    rename: (from, to) => renameDurably(parts.calls, from, to),
    writeText: (path, text, how) => writeTextDurably(path, text, how, parts.newId),
    removeFile,
    removeTree: (path, signal) => removeTree(parts, path, signal),
    openLog: openAppendLog,
  };
}

/** An open makes a client of NFS ask the server what has changed, and drop the names that it remembered. */
async function refresh(directory: string): Promise<void> {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY;
  const opened = await unlessMissing(() => open(directory, flags));
  await opened?.close();
}

async function createSparse(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.truncate(bytes);
    await file.sync();
  } catch (error) {
    await unlink(path).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
  await syncDirectory(dirname(path));
}

/** fsync(2) is what a client of GlusterFS asks its server about at once (seen with 10.3); elsewhere it costs nothing. */
async function readLatest(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    await file.sync();
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

async function readBytes(path: string, offset: number, length: number): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function renameDurably(calls: SystemCalls | undefined, from: string, to: string): Promise<void> {
  await renameNew(calls, from, to);
  await syncDirectory(dirname(to));
  if (dirname(from) !== dirname(to)) await syncDirectory(dirname(from));
}

/** Atomic where the file system can (NFS cannot, nor can the plain helpers); else it looks first. */
async function renameNew(calls: SystemCalls | undefined, from: string, to: string): Promise<void> {
  try {
    if (calls) return await calls.renameNoReplace(from, to);
  } catch (error) {
    if (!hasCode(error, 'EINVAL', 'ENOSYS')) throw error;
  }
  await lstat(from);
  if (await unlessMissing(() => lstat(to))) throw systemError('EEXIST', 'rename', to);
  await rename(from, to);
}

async function removeFile(path: string): Promise<void> {
  const removed = await unlessMissing(async () => {
    await unlink(path);
    return true;
  });
  if (removed) await syncDirectory(dirname(path));
}

/** `--one-file-system` goes by the device, and so would follow a bind of the same one: nothing may be mounted there. */
async function removeTree(parts: FileParts, path: string, signal: AbortSignal): Promise<void> {
  const table = await parts.readTable();
  if (topmostAt(table, path) || mountsBelow(table, path).length > 0) throw systemError('EBUSY', 'rm', path);
  const args = ['-rf', '--one-file-system', '--', path];
  const { exitCode, stderr } = await parts.programs.run('rm', args, signal);
  if (exitCode !== 0) throw new VolumeError('failed', `${path} could not be removed: ${stderr.trim()}`);
}

/** Sectors in sysfs are of 512 bytes, whatever those of the disk are. */
async function blockDeviceFacts(stats: BigIntStats): Promise<FileFacts> {
  const number = deviceText(stats.rdev);
  const sectors = await unlessMissing(() => readFile(`/sys/dev/block/${number}/size`, 'utf8'));
  return { ...factsOf(stats), kind: 'block-device', number, size: Number(sectors ?? 0) * 512 };
}

function factsOf(stats: BigIntStats): FileFacts {
  return {
    kind: kindOf(stats),
    device: deviceText(stats.dev),
    inode: inodeText(stats.ino),
    size: Number(stats.size),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mode: Number(stats.mode & 0o7777n),
  };
}

function kindOf(stats: BigIntStats): FileFacts['kind'] {
  if (stats.isDirectory()) return 'directory';
  if (stats.isFile()) return 'file';
  return stats.isSymbolicLink() ? 'symlink' : 'other';
}

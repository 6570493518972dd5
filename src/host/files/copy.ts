import { constants, copyFile, lstat, open, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { VolumeError } from '../../core/volume-error.ts';
import type { Tell } from '../../core/waits/progress.ts';
import type { ProgramResult, Programs } from '../host.ts';
import { hasCode, systemError, unlessMissing } from '../system-error.ts';
import { flushTree } from './flush-tree.ts';
import { syncOnPool } from './shared-syncs.ts';

/** What to copy where. */
export interface ToCopy {
  readonly from: PathForPrograms;
  readonly to: PathForPrograms;
}

interface PathForPrograms {
  /** Not in `/proc/self`, which is another one in a program. */
  readonly path: string;
  /** For messages. */
  readonly canonical: string;
}

export function plainPaths(from: string, to: string): ToCopy {
  return { from: { path: from, canonical: from }, to: { path: to, canonical: to } };
}

/** See `Files.extend`. */
export async function extend(path: string, bytes: number): Promise<void> {
  const file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    if ((await file.stat()).size < bytes) await file.truncate(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** See `Files.canClone`. The names are those of temporary files, which a purge clears. */
export async function canClone(directory: string, newId: () => string): Promise<boolean> {
  const [one, other] = ['a', 'b'].map((end) => join(directory, `.tmp-probe-${newId()}-${end}`));
  if (one === undefined || other === undefined) return false;
  try {
    await writeFile(one, 'x'.repeat(4096), { flag: 'wx', mode: 0o600 });
    await copyFile(one, other, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    if (hasCode(error, ...cannotClone)) return false;
    throw error;
  } finally {
    await Promise.all([one, other].map((path) => rm(path, { force: true })));
  }
}

/** What file systems without shared blocks say to FICLONE (ioctl_ficlone(2)). */
const cannotClone = ['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'ENOTTY', 'EXDEV', 'EINVAL'];

/** See `Files.clone`. */
export async function clone(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
}

/** See `Files.copy`. */
export async function copy(
  programs: Programs,
  paths: ToCopy,
  signal: AbortSignal,
  tell?: Tell,
): Promise<void> {
  const [from, to] = [paths.from.path, paths.to.path];
  await refuseExisting(to);
  const watch = tell && (await watchCopy(from, to, tell));
  const verbose = watch?.onLines === undefined ? [] : ['--verbose'];
  const flags = ['--archive', '--no-target-directory', '--one-file-system', '--reflink=auto', ...verbose];
  const copied = await programs
    .run('cp', [...flags, '--', from, to], signal, '', 'with-us', watch?.onLines)
    .finally(watch?.end);
  if (copied.exitCode !== 0) throw failed('copy', paths, copied);
  if ((await lstat(to)).isFile()) return syncFile(to);
  await syncTree(programs, paths, signal);
}

export async function syncTree(programs: Programs, paths: ToCopy, signal: AbortSignal): Promise<void> {
  const synced = await flushTree(programs, paths.to.path, signal);
  if (synced.exitCode !== 0) throw failed('flush the copy of', paths, synced);
  await syncOnPool(dirname(paths.to.path));
}

/** Milliseconds between two looks at a file that grows. */
const copyLook = 500;

interface CopyWatch {
  /** A verbose cp writes a line per entry, with newlines escaped. */
  readonly onLines?: (count: number) => void;
  end(): void;
}

async function watchCopy(from: string, to: string, tell: Tell): Promise<CopyWatch> {
  const isFile = (await unlessMissing(() => lstat(from)))?.isFile() === true;
  if (!isFile) return { onLines: (entries) => tell({ entries }), end: () => undefined };
  const look = () =>
    void lstat(to).then(
      ({ blocks }) => tell({ bytes: blocks * 512 }),
      // It is not there yet, or the copy has failed.
      () => undefined,
    );
  const timer = setInterval(look, copyLook).unref();
  return { end: () => clearInterval(timer) };
}

export async function refuseExisting(to: string): Promise<void> {
  if (await unlessMissing(() => lstat(to))) throw systemError('EEXIST', 'copy', to);
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await syncOnPool(dirname(path));
}

export function failed(
  doing: string,
  { from, to }: ToCopy,
  { stderr, exitCode }: ProgramResult,
): VolumeError {
  const about = doing.includes(' /') ? doing : `${doing} ${from.canonical}`;
  const said = stderr.trim().replaceAll(from.path, from.canonical).replaceAll(to.path, to.canonical);
  return new VolumeError('failed', `Cannot ${about}: ${said || `exit code ${exitCode}`}`);
}

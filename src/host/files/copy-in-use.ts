import { VolumeError } from '../../core/volume-error.ts';
import type { Tell } from '../../core/waits/progress.ts';
import type { Programs } from '../host.ts';
import { copy, syncTree, type ToCopy } from './copy.ts';

/**
 * cp fails if a file is gone before it is read, and does not say whether only that happened. tar does: its exit code is 1 if files changed
 * or were removed meanwhile, and 2 for everything else (its manual, "Return Codes").
 */
const script = `
codes=$( {
  { tar --create --format=posix --sparse --one-file-system --xattrs --acls --numeric-owner --directory="$1" .; echo "made $?" >&3; } |
  { tar --extract --xattrs '--xattrs-include=*' --acls --numeric-owner --same-owner --preserve-permissions --directory="$2"; echo "read $?" >&3; }
} 3>&1 )
case "$codes" in *"read 0"*) ;; *) exit 2 ;; esac
case "$codes" in *"made 0"* | *"made 1"*) exit 0 ;; esac
exit 2`;

/** See `Files.copyInUse`. */
export async function copyInUse(
  programs: Programs,
  paths: ToCopy,
  signal: AbortSignal,
  tell?: Tell,
): Promise<void> {
  try {
    // It shares blocks where that is possible.
    await copy(programs, paths, signal, tell);
  } catch (error) {
    if (signal.aborted || !(error instanceof VolumeError)) throw error;
    await copyByTar(programs, paths, signal, error);
  }
}

async function copyByTar(
  programs: Programs,
  { from, to }: ToCopy,
  signal: AbortSignal,
  before: VolumeError,
): Promise<void> {
  const clear = ['-c', 'rm -rf --one-file-system -- "$1" && mkdir -m 700 -- "$1"', 'holdfast-copy', to.path];
  if ((await programs.run('sh', clear, signal)).exitCode !== 0) throw before;
  const args = ['-c', script, 'holdfast-copy', from.path, to.path];
  const { exitCode, stderr } = await programs.run('sh', args, signal, '', 'with-us');
  if (exitCode === 0) return syncTree(programs, { from, to }, signal);
  const said = stderr.trim().replaceAll(from.path, from.canonical).replaceAll(to.path, to.canonical);
  throw new VolumeError('failed', `Cannot copy ${from.canonical}: ${said || before.message}`);
}

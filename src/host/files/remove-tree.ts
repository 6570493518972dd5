import { VolumeError } from '../../core/volume-error.ts';
import type { Tell } from '../../core/waits/progress.ts';
import type { Programs } from '../host.ts';
import type { ReadMountTable } from '../mounts/kernel-mounts.ts';
import { mountsBelow, topmostAt } from '../mounts/table.ts';
import { destroySubvolumes } from '../subvolumes/destroy.ts';
import type { SystemCalls } from '../system-calls.ts';
import { systemError } from '../system-error.ts';

export interface RemovalParts {
  readonly programs: Programs;
  readonly readTable: ReadMountTable;
  readonly calls: SystemCalls | undefined;
}

/**
 * Throws EBUSY if anything is mounted there: `--one-file-system` compares devices, and would follow a bind of the same device.
 * `place` is the path for rm, `path` the one in the mount table. A verbose rm writes a line per entry, with newlines escaped.
 */
export async function removeTree(
  { programs, readTable, calls }: RemovalParts,
  path: string,
  place: string,
  signal: AbortSignal,
  tell?: Tell,
): Promise<void> {
  const table = await readTable();
  if (topmostAt(table, path) || mountsBelow(table, path).length > 0) throw systemError('EBUSY', 'rm', path);
  // A read-only one refuses rm, and one in the tree is another device, which rm leaves.
  if (calls !== undefined && (await destroySubvolumes(calls, place, signal))) return;
  const args = ['-rf', '--one-file-system', ...(tell === undefined ? [] : ['--verbose']), '--', place];
  const onLines = tell && ((entries: number) => tell({ entries }));
  const { exitCode, stderr } = await programs.run('rm', args, signal, '', 'own', onLines);
  if (exitCode !== 0)
    throw new VolumeError('failed', `Cannot remove ${path}: ${stderr.trim().replaceAll(place, path)}`);
}

import { quote } from '../../core/names.ts';
import { type ErrorCode, VolumeError } from '../../core/volume-error.ts';
import type { MoveHost } from './move-host.ts';
import { type Move, noteOf, partOf } from './move-record.ts';

/** A copy may take days. */
const patience = 7 * 86_400_000;

/** Copies the data beside its target, and compares it with checksums. What does not succeed leaves nothing there. */
export async function copyCompared(host: MoveHost, move: Move): Promise<void> {
  const signal = AbortSignal.timeout(patience);
  const part = partOf(move);
  const { files, trees } = host;
  await clearCopy(host, move);
  try {
    await trees.describe(move.from, noteOf(move, 'manifest'), undefined, signal);
    await files.copy(move.from, part, signal).catch((cause) => {
      if (!(cause instanceof VolumeError)) throw cause;
      const message = `Volume ${quote(move.name)} was not moved. ${cause.message}`;
      throw new VolumeError(cause.code, message, { cause });
    });
    await requireEqual(host, move, part, 'the copy differs from');
  } catch (error) {
    // It may have filled the disk, which other volumes need.
    await clearCopy(host, move).catch(() => undefined);
    throw error;
  }
}

/** An unfinished copy, of an earlier run as well: the record says that it is ours. */
export async function clearCopy(host: MoveHost, move: Move): Promise<void> {
  const part = partOf(move);
  if (await exists(host, part)) await host.files.removeTree(part, AbortSignal.timeout(patience));
  await host.files.removeFile(noteOf(move, 'manifest'));
}

export async function requireEqual(
  { trees }: MoveHost,
  move: Move,
  root: string,
  what: string,
): Promise<void> {
  const { differing, differences } = await trees.compare(
    root,
    noteOf(move, 'manifest'),
    undefined,
    AbortSignal.timeout(patience),
  );
  if (differing === 0) return;
  const example = `${differing} entries, such as ${differences[0]}`;
  throw refuse(
    move,
    'failed',
    `${what} ${quote(move.from)} (${example}): stop what writes there, and try again`,
  );
}

export async function exists({ files }: MoveHost, path: string): Promise<boolean> {
  return (await files.facts(path)) !== undefined;
}

export function refuse({ name }: Move, code: ErrorCode, why: string): VolumeError {
  return new VolumeError(code, `Volume ${quote(name)} was not moved: ${why}.`);
}

import { dirname } from 'node:path';
import { quote } from '../../core/names.ts';
import { type ErrorCode, VolumeError } from '../../core/volume-error.ts';
import type { MoveHost } from './move-host.ts';
import { type Move, noteOf, partOf, readMove, writeMove } from './move-record.ts';

/** A copy may take days. */
const patience = 7 * 86_400_000;

/**
 * Moves a directory: by a rename on one file system, else by a copy that is compared, after which the original is renamed aside. Nothing
 * is deleted but an unfinished copy of an earlier run. May be repeated after a kill at any step; a move that is done is not done again.
 */
export async function moveDirectory(host: MoveHost, move: Move): Promise<'moved' | 'was moved'> {
  const state = await readMove(host, move);
  if (state === 'moved') {
    if (await exists(host, move.to)) return 'was moved';
    throw refuse(move, 'unavailable', `it was moved to ${quote(move.to)}, which is missing: mount its disk`);
  }
  if (state === undefined || !(await isRenamed(host, move, state))) await bring(host, move, state);
  await writeMove(host, move, 'moved');
  return 'moved';
}

/** Throws the reason why it cannot be moved. */
export async function requireMovable(host: MoveHost, move: Move): Promise<void> {
  if ((await readMove(host, move)) !== undefined) return;
  const { from, to, aside } = move;
  await requireUnused(host, move);
  for (const [path, what] of [
    [to, 'exists already'],
    [aside, 'exists, where its data would be kept'],
  ] as const)
    if (await exists(host, path))
      throw refuse(move, 'conflict', `${quote(path)} ${what}: move that away, or choose another folder`);
  const facts = await host.files.facts(from);
  if (facts?.kind === 'directory') return;
  const found = facts === undefined ? 'does not exist' : `is not a directory (${facts.kind})`;
  throw refuse(move, 'not-found', `its data ${quote(from)} ${found}`);
}

/** A kill between the rename and its record leaves the target alone. */
async function isRenamed(host: MoveHost, { from, to }: Move, state: 'begun' | 'copied'): Promise<boolean> {
  return state === 'begun' && !(await exists(host, from)) && (await exists(host, to));
}

async function bring(host: MoveHost, move: Move, state: 'begun' | 'copied' | undefined): Promise<void> {
  await requireMovable(host, move);
  await requireUnused(host, move);
  if (state === undefined) await writeMove(host, move, 'begun');
  if (state !== 'copied') {
    if (await renamed(host, move)) return;
    await copyCompared(host, move);
    await writeMove(host, move, 'copied');
  }
  await finishCopy(host, move);
}

async function copyCompared(host: MoveHost, move: Move): Promise<void> {
  const signal = AbortSignal.timeout(patience);
  const part = partOf(move);
  const { files, trees } = host;
  // The record says that it is of an earlier run.
  if (await exists(host, part)) await files.removeTree(part, signal);
  await trees.describe(move.from, noteOf(move, 'manifest'), undefined, signal);
  await files.copy(move.from, part, signal);
  await requireEqual(host, move, part, 'the copy differs from');
}

async function finishCopy(host: MoveHost, move: Move): Promise<void> {
  const { from, to, aside } = move;
  if (await exists(host, from)) await requireUnchanged(host, move);
  if (!(await exists(host, to))) await host.files.rename(partOf(move), to);
  if (await exists(host, from)) {
    await host.files.makeDirectory(dirname(aside));
    await host.files.rename(from, aside);
  }
  await host.files.removeFile(noteOf(move, 'manifest'));
}

/** Otherwise the next run copies again, unless this copy is in its place already. */
async function requireUnchanged(host: MoveHost, move: Move): Promise<void> {
  await requireUnused(host, move);
  try {
    await requireEqual(host, move, move.from, 'somebody has since changed');
  } catch (error) {
    if (!(await exists(host, move.to))) await writeMove(host, move, 'begun');
    throw error;
  }
}

async function requireEqual({ trees }: MoveHost, move: Move, root: string, what: string): Promise<void> {
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

async function requireUnused(host: MoveHost, move: Move): Promise<void> {
  const [user] = await host.usersOf(move.from);
  if (user === undefined) return;
  throw refuse(move, 'in-use', `${quote(move.from)} is mounted for process ${user}: stop its container`);
}

/** False if they are on different file systems, or on different mounts of one. */
async function renamed({ files }: MoveHost, { from, to }: Move): Promise<boolean> {
  try {
    await files.rename(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EXDEV') return false;
    throw error;
  }
}

async function exists({ files }: MoveHost, path: string): Promise<boolean> {
  return (await files.facts(path)) !== undefined;
}

function refuse({ name }: Move, code: ErrorCode, why: string): VolumeError {
  return new VolumeError(code, `Volume ${quote(name)} was not moved: ${why}.`);
}

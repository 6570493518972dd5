import { dirname } from 'node:path';
import { quote } from '../../core/names.ts';
import { isWithin } from '../../core/paths.ts';
import { clearCopy, copyCompared, exists, refuse, requireEqual } from './copy-compared.ts';
import type { MoveHost } from './move-host.ts';
import { forgetMove, type Move, noteOf, partOf, readMove, writeMove } from './move-record.ts';

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
  await requireRoom(host, move);
  await requireUnused(host, move);
}

/** Throws the reason why it cannot be moved, even if nobody uses it. */
export async function requireRoom(host: MoveHost, move: Move): Promise<void> {
  const { from, to, aside } = move;
  if (!isPlain(from))
    throw refuse(move, 'invalid', `its data ${quote(from)} is not named by an absolute path without ".."`);
  if (isWithin(to, from))
    throw refuse(move, 'invalid', `its data ${quote(from)} cannot go into itself: choose another folder`);
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

/**
 * Forgets a move that has not moved anything yet, such as one without the room for its copy: the data is where it was. False if the move
 * went further.
 */
export async function abandonMove(host: MoveHost, move: Move, dryRun: boolean): Promise<boolean> {
  if (!(await exists(host, move.from)) || (await exists(host, move.to))) return false;
  if (dryRun) return true;
  await clearCopy(host, move);
  await forgetMove(host, move);
  return true;
}

/** By the path of a record of another driver, which may say anything. */
function isPlain(path: string): boolean {
  return /^(\/[^/]+)+$/.test(path) && !path.split('/').some((part) => part === '..' || part === '.');
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

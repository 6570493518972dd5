import { dirname, join } from 'node:path';
import * as z from 'zod/mini';
import { quote, type VolumeName } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { MoveHost } from './move-host.ts';

/** Where a directory goes, and what is kept of the move. */
export interface Move {
  readonly name: VolumeName;
  /** `back`: undoes the other. Each has its own record. */
  readonly way: 'in' | 'back';
  readonly from: string;
  readonly to: string;
  /** Where the original is kept after it was copied. */
  readonly aside: string;
  /** Our own folder beside the target. */
  readonly notes: string;
}

const record = z.strictObject({
  from: z.string(),
  to: z.string(),
  /** `begun`: the copy may be there in part. `copied`: it is whole. `moved`: the target is the data. */
  state: z.enum(['begun', 'copied', 'moved']),
});
export type MoveState = z.infer<typeof record>['state'];

/** One of our own files beside the record. */
export function noteOf({ notes, name, way }: Move, kind: 'json' | 'manifest'): string {
  return join(notes, `${name}.${way}.${kind}`);
}

/** The unfinished copy: on the target's file system, and never under its name, so that nobody takes a part for the whole. */
export function partOf({ name, to }: Move): string {
  return join(dirname(to), `.${name}.holdfast-part`);
}

/** What an earlier run did of this move. Throws `failed` for a record that cannot be read, or is of another move. */
export async function readMove({ files }: MoveHost, move: Move): Promise<MoveState | undefined> {
  const file = noteOf(move, 'json');
  const text = await files.readText(file);
  if (text === undefined) return undefined;
  const read = record.safeParse(parsed(text));
  if (!read.success) throw refuse(move, `the record of its move, ${quote(file)}, cannot be read`);
  const { from, to, state } = read.data;
  if (from === move.from && to === move.to) return state;
  throw refuse(move, `${quote(file)} is the record of another move, from ${quote(from)} to ${quote(to)}`);
}

export async function writeMove({ files }: MoveHost, move: Move, state: MoveState): Promise<void> {
  await files.makeDirectory(move.notes);
  const { from, to } = move;
  await files.writeText(noteOf(move, 'json'), `${JSON.stringify({ from, to, state })}\n`, 'replace');
}

export async function forgetMove({ files }: MoveHost, move: Move): Promise<void> {
  await files.removeFile(noteOf(move, 'json'));
}

function refuse({ name }: Move, why: string): VolumeError {
  const way = 'Look where its data is, then delete that file, and try again.';
  return new VolumeError('failed', `Volume ${quote(name)} was not moved: ${why}. ${way}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

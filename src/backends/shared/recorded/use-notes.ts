import { join } from 'node:path';
import * as z from 'zod/mini';
import { once } from '../../../core/once.ts';
import type { Volume } from '../../../core/volume.ts';
import { inParallel } from '../../../core/waits/in-parallel.ts';
import type { Files } from '../../../host/host.ts';
import { refuseAborted } from '../storage-errors.ts';
import { readRecord, readRecordFile, sealRecord } from './record-text.ts';
import { recordNames } from './registry.ts';
import { volumeSchema } from './volume-record.ts';

/**
 * When each volume was last used by any host: one small file per volume beside the registry. It is only shown in lists and decides
 * nothing, so a note that is missing, damaged or of another volume just means that the time is unknown.
 */
export interface UseNotes {
  /** See `Backend.noteUse`. */
  note(volumes: readonly Volume[], at: number, signal: AbortSignal): Promise<void>;
  /** Milliseconds since the epoch, by volume ID. */
  all(signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
  /** Deletes notes of names that no volume has. */
  sweep(names: readonly string[]): Promise<void>;
}

interface Note {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

type NoteFiles = Pick<Files, 'readText' | 'list' | 'writeText' | 'removeFile' | 'createDirectory'>;

const notePace = 3_600_000;
const width = 8;
const noteSchema = once(() =>
  z.object({ format: z.literal(1), id: volumeSchema().shape.id, usedAt: z.iso.datetime() }),
);

/** `now`: milliseconds since the epoch. */
export function createUseNotes(files: NoteFiles, directory: string, now: () => number): UseNotes {
  const fileOf = (name: string) => join(directory, `${name}.json`);

  async function read(name: string): Promise<Note | undefined> {
    const found = await readRecordFile(files, fileOf(name), (text) => readRecord(noteSchema(), text));
    if (found === undefined || 'reason' in found || !found.isSealed) return undefined;
    return { id: found.value.id, at: Date.parse(found.value.usedAt) };
  }

  /** A note from the future was written with a wrong clock. A later note of another volume means that this one is gone. */
  const isDue = (before: Note, id: string, at: number): boolean =>
    before.at > now() || at - before.at >= (before.id === id ? notePace : 0);

  return {
    async note(volumes, at, signal) {
      // The owner stays as the server sets it.
      await files.createDirectory(directory, { uid: -1, gid: -1, mode: 0o700 });
      await inParallel(volumes, width, async ({ name, id }) => {
        refuseAborted(signal, `The use of volume ${name} could not be noted`);
        const before = await read(name);
        if (before !== undefined && !isDue(before, id, at)) return;
        const usedAt = new Date(at).toISOString();
        await files.writeText(fileOf(name), sealRecord({ format: 1, id, usedAt }), 'replace');
      });
    },
    async all(signal) {
      const names = recordNames((await files.list(directory)) ?? []);
      const notes = await inParallel(names, width, async (name) => {
        refuseAborted(signal, 'When the volumes were last used could not be read');
        return read(name);
      });
      return new Map(notes.flatMap((note) => (note === undefined ? [] : [[note.id, note.at] as const])));
    },
    async sweep(names) {
      const kept = new Set(names);
      for (const name of recordNames((await files.list(directory)) ?? []))
        if (!kept.has(name)) await files.removeFile(fileOf(name));
    },
  };
}

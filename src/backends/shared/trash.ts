import { join } from 'node:path';
import { z } from 'zod';
import type { RemovedVolume, Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { inParallel } from './in-parallel.ts';
import type { RegistryFiles, UnreadableRecord } from './registry.ts';
import { refuseAborted } from './storage-errors.ts';
import { type Parsed, parseRecord, volumeSchema } from './volume-record.ts';

/** A removed volume, and where its data is: in the trash, where it always was, or never ours (an adopted path). */
export interface TrashRecord extends RemovedVolume {
  readonly kept: 'trash' | 'in-place' | 'adopted';
}

/**
 * The records of removed volumes, one file each, and the place of their data beside them. A record without `kept: in-place`
 * has the volume's ID in its file name, so removals of one name do not meet; what is kept in place blocks its name,
 * so there is one of those per name.
 */
export interface Trash {
  /** Replaces an earlier record of the same removal. */
  put(record: TrashRecord): Promise<void>;
  /** The record of this very volume. Throws `failed` for one that cannot be read. */
  find(volume: Volume): Promise<TrashRecord | undefined>;
  /** The record of the volume whose data was left in place under this name. */
  keptInPlace(name: string): Promise<TrashRecord | undefined>;
  /** In no order. A record that cannot be read does not hide the others, and its data is left alone. */
  list(signal: AbortSignal): Promise<TrashListing>;
  drop(record: TrashRecord): Promise<void>;
  /** Where the data of a removed volume is. */
  place(volume: Volume): string;
  /** Where it is while it is being deleted: whatever stands there is beyond undelete. */
  purgingPlace(volume: Volume): string;
}

interface TrashListing {
  readonly records: readonly TrashRecord[];
  readonly unreadable: readonly UnreadableRecord[];
}

const width = 8;
const recordSchema = z.object({
  format: z.literal(1),
  volume: volumeSchema,
  removedAt: z.iso.datetime(),
  purgeAfter: z.iso.datetime().exactOptional(),
  kept: z.enum(['trash', 'in-place', 'adopted']),
});

export function createTrash(files: RegistryFiles, directory: string): Trash {
  // "~" is in no volume's name, so the parts of a file name cannot be mistaken.
  const place = (volume: Volume) => join(directory, `${volume.name}~${volume.id}`);
  const ownFile = (volume: Volume) => `${place(volume)}.json`;
  const keptFile = (name: string) => join(directory, `${name}~kept.json`);
  const fileOf = (record: TrashRecord) =>
    record.kept === 'in-place' ? keptFile(record.volume.name) : ownFile(record.volume);
  return {
    async put(record) {
      await files.writeText(fileOf(record), `${JSON.stringify({ format: 1, ...record })}\n`, 'replace');
      // Of a removal that was stopped, before `onRemove` was changed.
      if (record.kept === 'in-place') await files.removeFile(ownFile(record.volume));
    },
    async find(volume) {
      const own = await readOrThrow(files, ownFile(volume));
      if (own !== undefined) return own;
      const kept = await readOrThrow(files, keptFile(volume.name));
      return kept?.volume.id === volume.id ? kept : undefined;
    },
    keptInPlace: (name) => readOrThrow(files, keptFile(name)),
    list: (signal) => readAll(files, directory, signal),
    drop: (record) => files.removeFile(fileOf(record)),
    place,
    purgingPlace: (volume) => `${place(volume)}.purging`,
  };
}

async function readAll(files: RegistryFiles, directory: string, signal: AbortSignal): Promise<TrashListing> {
  const names = (await files.list(directory)) ?? [];
  const recordNames = names.filter((name) => name.endsWith('.json') && !name.startsWith('.')).sort();
  const records: TrashRecord[] = [];
  const unreadable: UnreadableRecord[] = [];
  await inParallel(recordNames, width, async (name) => {
    refuseAborted(signal, 'The removed volumes could not be listed');
    const file = join(directory, name);
    const parsed = await read(files, file);
    if (parsed === undefined) return;
    if ('value' in parsed) records.push(parsed.value);
    else unreadable.push({ file, reason: parsed.reason });
  });
  return { records, unreadable };
}

async function read(files: RegistryFiles, file: string): Promise<Parsed<TrashRecord> | undefined> {
  const text = await files.readText(file);
  return text === undefined ? undefined : parseRecord(recordSchema, text);
}

async function readOrThrow(files: RegistryFiles, file: string): Promise<TrashRecord | undefined> {
  const parsed = await read(files, file);
  if (parsed === undefined || 'value' in parsed) return parsed?.value;
  throw new VolumeError(
    'failed',
    `The record of a removed volume, ${file}, cannot be read (${parsed.reason}): its data is untouched. ` +
      'Put the file right or move it away.',
  );
}

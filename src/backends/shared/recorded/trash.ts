import { join } from 'node:path';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { inParallel } from '../../../core/waits/in-parallel.ts';
import type { Files } from '../../../host/host.ts';
import { refuseAborted } from '../storage-errors.ts';
import { type ReadRecord, readRecordFile } from './record-text.ts';
import type { RegistryFiles, UnreadableRecord } from './registry.ts';
import {
  type FoundTrash,
  keptSuffix,
  readTrash,
  type TrashGate,
  type TrashRecord,
  textOf,
} from './trash-record.ts';

/**
 * The records of removed volumes, one file each, and the place of their data beside them. A record without `kept: in-place` has the
 * volume's ID in its file name, so removals of one name do not collide; data kept in place blocks its name, so there is one such
 * record per name.
 */
export interface Trash {
  /** Replaces an earlier record of the same removal. */
  put(record: TrashRecord): Promise<void>;
  /**
   * The volume's own record (the file `from`) becomes this one. After a crash it is at one of the two places; here it may then be as it
   * was (`isBare`). What was done in the directories `after` is durable first.
   */
  take(record: TrashRecord, from: string, after: readonly string[]): Promise<void>;
  readonly directory: string;
  /** The record of exactly this volume. Throws `failed` if it cannot be read. */
  find(volume: Volume): Promise<FoundTrash | undefined>;
  /** The record of the volume whose data was left in place under this name. */
  keptInPlace(name: string): Promise<FoundTrash | undefined>;
  /** Unsorted. An unreadable record does not hide the others, and its data is left alone. */
  list(signal: AbortSignal): Promise<TrashListing>;
  drop(record: TrashRecord): Promise<void>;
  /** Drops what an interrupted change of its name left: the record of the place that its data is not at any more. */
  dropFormer(record: TrashRecord): Promise<void>;
  /** Other names under which the volume has a record, all or those without data: a change of its name was interrupted. */
  otherNames(volume: Volume, which: 'all' | 'without data'): Promise<readonly string[]>;
  /** Drops its record under such a name. */
  dropNamed(volume: Volume, name: string): Promise<void>;
  fileOf(record: TrashRecord): string;
  /** The path of a removed volume's data. */
  place(volume: Volume): string;
  /** Its path while it is being deleted: data there cannot be brought back. */
  purgingPlace(volume: Volume): string;
}

interface TrashListing {
  readonly records: readonly FoundTrash[];
  readonly unreadable: readonly UnreadableRecord[];
}

const width = 8;
type TrashFiles = RegistryFiles & Pick<Files, 'moveText'>;

export function createTrash(files: TrashFiles, directory: string, gate: TrashGate): Trash {
  // A volume's name never contains "~", so the parts of a file name are unambiguous.
  const place = (volume: Volume) => join(directory, `${volume.name}~${volume.id}`);
  const ownFile = (volume: Volume) => `${place(volume)}.json`;
  const keptFile = (name: string) => join(directory, `${name}${keptSuffix}`);
  const fileOf = (record: TrashRecord) =>
    record.kept === 'in-place' ? keptFile(record.volume.name) : ownFile(record.volume);
  const read = (file: string) => readRecordFile(files, file, (text) => readTrash(file, text, gate));

  async function readOrThrow(file: string): Promise<FoundTrash | undefined> {
    const parsed = await read(file);
    if (parsed === undefined || 'value' in parsed) return parsed?.value;
    throw new VolumeError(
      'failed',
      `The record of a removed volume, ${file}, cannot be read (${parsed.reason}): its data is untouched. ` +
        'Correct the file or move it away.',
    );
  }

  /** Left by a removal that was interrupted before `onRemove` was changed. */
  async function dropOwn({ kept, volume }: TrashRecord): Promise<void> {
    if (kept === 'in-place') await files.removeFile(ownFile(volume));
  }

  return {
    directory,
    async put(record) {
      await files.writeText(fileOf(record), textOf(record), 'replace');
      await dropOwn(record);
    },
    async take(record, from, after) {
      await files.moveText(from, fileOf(record), textOf(record), after);
      await dropOwn(record);
    },
    async find(volume) {
      const own = await readOrThrow(ownFile(volume));
      if (own !== undefined) return own;
      const kept = await readOrThrow(keptFile(volume.name));
      return kept?.volume.id === volume.id ? kept : undefined;
    },
    keptInPlace: (name) => readOrThrow(keptFile(name)),
    list: (signal) => readAll(files, directory, read, signal),
    drop: (record) => files.removeFile(fileOf(record)),
    async dropFormer({ volume, formerly }) {
      const found = formerly === undefined ? undefined : await readOrThrow(keptFile(formerly));
      if (found?.volume.id === volume.id) await files.removeFile(fileOf(found));
    },
    async otherNames({ name, id }, which) {
      const names = (await files.list(directory)) ?? [];
      const ending = `~${id}.json`;
      const ofIt = names.filter((file) => file.endsWith(ending)).map((file) => file.slice(0, -ending.length));
      const others = ofIt.filter((other) => other !== name);
      return which === 'all' ? others : others.filter((other) => !names.includes(`${other}~${id}`));
    },
    dropNamed: ({ id }, name) => files.removeFile(join(directory, `${name}~${id}.json`)),
    fileOf,
    place,
    purgingPlace: (volume) => `${place(volume)}.purging`,
  };
}

async function readAll(
  files: RegistryFiles,
  directory: string,
  read: (file: string) => Promise<ReadRecord<FoundTrash> | undefined>,
  signal: AbortSignal,
): Promise<TrashListing> {
  const names = (await files.list(directory)) ?? [];
  const recordNames = names.filter((name) => name.endsWith('.json') && !name.startsWith('.')).sort();
  const records: FoundTrash[] = [];
  const unreadable: UnreadableRecord[] = [];
  await inParallel(recordNames, width, async (name) => {
    refuseAborted(signal, 'The removed volumes could not be listed');
    const file = join(directory, name);
    const parsed = await read(file);
    if (parsed === undefined) return;
    if ('value' in parsed) records.push(parsed.value);
    else unreadable.push({ file, reason: parsed.reason });
  });
  return { records, unreadable };
}

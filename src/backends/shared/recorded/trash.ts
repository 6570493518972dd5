import { basename, join } from 'node:path';
import * as z from 'zod/mini';
import { once } from '../../../core/once.ts';
import type { RemovedVolume, Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { inParallel } from '../../../core/waits/in-parallel.ts';
import type { Files } from '../../../host/host.ts';
import type { Hold } from '../hold.ts';
import type { Admit } from '../options/recorded-options.ts';
import type { KeptData } from '../removal-decisions.ts';
import { refuseAborted } from '../storage-errors.ts';
import { type ReadRecord, readRecord, readRecordFile, sealRecord } from './record-text.ts';
import type { RegistryFiles, UnreadableRecord } from './registry.ts';
import { admitted, volumeSchema } from './volume-record.ts';

/** A removed volume and the place of its data; an adopted path was never ours. */
export interface TrashRecord extends RemovedVolume {
  readonly kept: KeptData;
  /** Complements `purgeAfter`; absent in records of earlier versions. */
  readonly hold?: Hold;
  /** The name under which its data was kept in place, before it got another one. */
  readonly formerly?: string;
}

/** A record as found in the trash. */
export interface FoundTrash extends TrashRecord {
  /** A checksum proves that it is unchanged. An unsealed record never causes a deletion. */
  readonly isSealed: boolean;
  /** The volume's own record, moved here by a removal that had no room for another, or was interrupted: its time is unknown. */
  readonly isBare: boolean;
}

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
  /** The record's file. */
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
const keptSuffix = '~kept.json';
const recordSchema = once(() =>
  z.object({
    format: z.literal(1),
    volume: volumeSchema(),
    removedAt: z.iso.datetime(),
    purgeAfter: z.exactOptional(z.iso.datetime()),
    kept: z.enum(['trash', 'in-place', 'adopted']),
    hold: z.exactOptional(
      z.object({ left: z.number().check(z.minimum(0)), boot: z.string(), uptime: z.number() }),
    ),
    formerly: z.exactOptional(volumeSchema().shape.name),
  }),
);
const bareSchema = once(() =>
  z.object({
    format: z.literal(1),
    volume: volumeSchema(),
    removedAt: z.optional(z.undefined()),
    kept: z.optional(z.undefined()),
  }),
);

type TrashFiles = RegistryFiles & Pick<Files, 'moveText'>;

export interface TrashGate {
  /** Checks a record's volume as a Create would. */
  readonly admit: Admit;
  readonly isAdopted: (volume: Volume) => boolean;
}

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

function textOf({ volume, removedAt, purgeAfter, kept, hold, formerly }: TrashRecord): string {
  const times = { removedAt, ...(purgeAfter && { purgeAfter }), ...(hold && { hold }) };
  return sealRecord({ format: 1, volume, kept, ...times, ...(formerly && { formerly }) });
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

function readTrash(file: string, text: string, gate: TrashGate): ReadRecord<FoundTrash> {
  const whole = admitted(readRecord(recordSchema(), text), gate.admit);
  if ('reason' in whole) return readBare(file, text, gate) ?? whole;
  const { value, isSealed } = whole;
  const { format: _, ...record } = value;
  return ofItsFile(file, { ...record, isSealed, isBare: false });
}

/** Undefined: it is not a bare record. */
function readBare(
  file: string,
  text: string,
  { admit, isAdopted }: TrashGate,
): ReadRecord<FoundTrash> | undefined {
  const read = admitted(readRecord(bareSchema(), text), admit);
  if ('reason' in read) return undefined;
  const { volume } = read.value;
  const kept = file.endsWith(keptSuffix) ? 'in-place' : isAdopted(volume) ? 'adopted' : 'trash';
  // Later than every earlier removal of the name, so that it is found as the newest.
  const removedAt = volume.createdAt;
  return ofItsFile(file, { volume, removedAt, kept, isSealed: read.isSealed, isBare: true });
}

/** A changed name or ID would lead to other data. */
function ofItsFile(file: string, found: FoundTrash): ReadRecord<FoundTrash> {
  const { volume, kept, isSealed } = found;
  const expected = kept === 'in-place' ? `${volume.name}${keptSuffix}` : `${volume.name}~${volume.id}.json`;
  if (basename(file) === expected) return { value: found, isSealed };
  return { reason: `it describes the volume ${volume.name} with the ID ${volume.id}` };
}

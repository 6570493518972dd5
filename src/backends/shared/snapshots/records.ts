import * as z from 'zod/mini';
import { parseSnapshotName, type SnapshotName } from '../../../core/names.ts';
import { once } from '../../../core/once.ts';
import { consistencies, type KnownSnapshot, type Snapshot } from '../../../core/protect/snapshot.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { inParallel } from '../../../core/waits/in-parallel.ts';
import type { FilesBelow } from '../../../host/host.ts';
import type { Admit } from '../options/recorded-options.ts';
import { type ReadRecord, readRecord, readRecordFile, sealRecord } from '../recorded/record-text.ts';
import { recordNames } from '../recorded/registry.ts';
import { admitted, volumeSchema } from '../recorded/volume-record.ts';
import { refuseAborted } from '../storage-errors.ts';
import { type CopyPlaces, dataNames } from './places.ts';

const width = 8;
const recordSchema = once(() =>
  z.object({
    format: z.literal(1),
    name: z.string(),
    id: z.string().check(z.regex(/^[0-9a-f]{16}$/)),
    volume: volumeSchema(),
    createdAt: z.iso.datetime(),
    consistency: z.enum(consistencies),
  }),
);

type RecordFiles = Pick<FilesBelow, 'readText' | 'list' | 'writeText' | 'facts' | 'sync'>;

/** The records of one volume's snapshots, beside their data. */
export interface SnapshotRecords {
  /** Undefined if there is no such snapshot. One that was never finished does not count. */
  find(places: CopyPlaces, volumeId: string, name: SnapshotName): Promise<KnownSnapshot | undefined>;
  list(places: CopyPlaces, volumeId: string, signal: AbortSignal): Promise<readonly KnownSnapshot[]>;
  /** Before the data gets its name. `part`: where it is, whole; both are durable after this. */
  put(places: CopyPlaces, snapshot: Snapshot, part: string): Promise<void>;
}

export function createSnapshotRecords(files: RecordFiles, admit: Admit): SnapshotRecords {
  async function find(
    places: CopyPlaces,
    volumeId: string,
    name: SnapshotName,
  ): Promise<KnownSnapshot | undefined> {
    const isThere = async () => (await files.facts(places.data(name))) !== undefined;
    // Its data comes last and goes first, so its record is whole as long as that is there.
    if (!(await isThere())) return undefined;
    const file = places.record(name);
    const found = await readRecordFile(files, file, (text) => readSnapshot(text, { volumeId, name, admit }));
    // Without it, the next snapshot of that name would seem to have this data.
    if (found === undefined && !(await isThere())) return undefined;
    const read = found ?? { reason: 'it is missing' };
    return 'value' in read ? read.value : unreadableAs(name, volumeId, file, read.reason);
  }

  return {
    find,
    async list(places, volumeId, signal) {
      const listed = (await files.list(places.directory)) ?? [];
      const names = [...new Set([...recordNames(listed), ...dataNames(listed)])].flatMap(readName);
      const found = await inParallel(names, width, async (name) => {
        refuseAborted(signal, 'The snapshots could not be listed');
        return find(places, volumeId, name);
      });
      return found.flatMap((snapshot) => snapshot ?? []);
    },
    async put(places, snapshot, part) {
      const record = places.record(snapshot.name);
      await files.writeText(record, sealRecord({ format: 1, ...snapshot }), 'replace', { names: 'unsynced' });
      await files.sync([part, record, places.directory]);
    },
  };
}

interface Expected {
  readonly volumeId: string;
  readonly name: SnapshotName;
  readonly admit: Admit;
}

/** A snapshot is deleted by its record, so one without a checksum counts as unreadable. */
function readSnapshot(text: string, { volumeId, name, admit }: Expected): ReadRecord<Snapshot> {
  const read = admitted(readRecord(recordSchema(), text), admit);
  if ('reason' in read) return read;
  const { format: _, name: recorded, ...rest } = read.value;
  if (recorded !== name || rest.volume.id !== volumeId)
    return { reason: `it describes the snapshot ${recorded} of the volume with the ID ${rest.volume.id}` };
  if (!read.isSealed) return { reason: 'it has no checksum' };
  return { value: { name, ...rest }, isSealed: true };
}

function unreadableAs(name: SnapshotName, volumeId: string, file: string, reason: string): KnownSnapshot {
  const unreadable =
    `The record of snapshot ${name} cannot be read (${reason}): its data is untouched. Correct ${file} or restore it; ` +
    'to forget the snapshot, move the files of that name away.';
  return { name, volumeId, unreadable };
}

function readName(text: string): readonly SnapshotName[] {
  try {
    return [parseSnapshotName(text)];
  } catch (error) {
    if (error instanceof VolumeError) return [];
    throw error;
  }
}

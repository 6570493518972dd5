import { join } from 'node:path';
import * as z from 'zod/mini';
import { wordsOf } from '../../../core/error-words.ts';
import { parseVolumeName, type VolumeName } from '../../../core/names.ts';
import { once } from '../../../core/once.ts';
import { type KnownVolume, requireReadable, type Volume } from '../../../core/volume.ts';
import { inParallel } from '../../../core/waits/in-parallel.ts';
import type { Files } from '../../../host/host.ts';
import type { Admit } from '../options/recorded-options.ts';
import { refuseAborted } from '../storage-errors.ts';
import { concernsOneFile, type ReadRecord, readRecord, readRecordFile, sealRecord } from './record-text.ts';
import { admitted, volumeSchema } from './volume-record.ts';

/** The list of volumes: one small file per volume, in the storage itself. A volume exists once its file does. */
export interface Registry {
  /** False if the name is taken, even by an unreadable record. Its data is durable first: `after`, as in `WriteOrder`. */
  add(volume: Volume, after?: readonly string[]): Promise<boolean>;
  /** For a volume that is recorded: its record says this from now on. */
  replace(volume: Volume): Promise<void>;
  /** Undefined only if there is no record. Throws if the storage cannot tell. */
  find(name: VolumeName): Promise<KnownVolume | undefined>;
  /** The same for callers that need more than the name. Throws `failed` for an unreadable record. */
  lookup(name: VolumeName): Promise<Volume | undefined>;
  /** Undefined if the directory itself is missing. One unreadable record does not hide the others. */
  list(signal: AbortSignal): Promise<RegistryListing | undefined>;
  /** The names of all records, including unreadable ones. */
  names(): Promise<readonly string[]>;
  /** Succeeds if there is no such record. */
  remove(name: VolumeName): Promise<void>;
  /** The record's file. */
  fileOf(name: VolumeName): string;
}

export interface RegistryListing {
  readonly volumes: readonly Volume[];
  readonly unreadable: readonly UnreadableRecord[];
}

export interface UnreadableRecord {
  readonly file: string;
  readonly reason: string;
}

export type RegistryFiles = Pick<Files, 'readText' | 'list' | 'writeText' | 'removeFile'>;

const width = 8;
/** Volumes whose records are remembered. */
const mostRemembered = 64;
const suffix = '.json';
const recordSchema = once(() => z.object({ format: z.literal(1), volume: volumeSchema() }));

export function createRegistry(files: RegistryFiles, directory: string, admit: Admit): Registry {
  const fileOf = (name: string) => join(directory, `${name}${suffix}`);
  /** Most records are read twice, for a look and then for an act, or soon after they were written: the same text is checked once. */
  const remembered = new Map<string, { readonly text: string; readonly read: ReadRecord<Volume> }>();

  function remember(name: string, text: string, read: ReadRecord<Volume>): void {
    const [oldest] = remembered.keys();
    if (oldest !== undefined && remembered.size >= mostRemembered) remembered.delete(oldest);
    remembered.set(name, { text, read });
  }

  function readOnce(name: string, text: string): ReadRecord<Volume> {
    const known = remembered.get(name);
    if (known?.text === text) return known.read;
    const read = readVolume(name, text, admit);
    remember(name, text, read);
    return read;
  }

  /** Only a volume that was checked is added: what is read of it again needs no other check. */
  async function add(volume: Volume, after: readonly string[] = []): Promise<boolean> {
    const text = sealRecord({ format: 1, volume });
    const isAdded = await files.writeText(fileOf(volume.name), text, 'exclusive', { after });
    if (isAdded) remember(volume.name, text, { value: volume, isSealed: true });
    return isAdded;
  }

  async function find(name: VolumeName): Promise<KnownVolume | undefined> {
    const file = fileOf(name);
    try {
      const text = await files.readText(file);
      if (text === undefined) return undefined;
      const read = readOnce(name, text);
      return 'value' in read ? read.value : unreadableAs(name, { file, reason: read.reason });
    } catch (error) {
      // A storage in trouble gives the same error for a file that does not exist.
      if (!concernsOneFile(error) || !(await files.list(directory))?.includes(`${name}${suffix}`))
        throw error;
      return unreadableAs(name, { file, reason: wordsOf(error) });
    }
  }

  return {
    add,
    replace: async (volume) =>
      void (await files.writeText(fileOf(volume.name), sealRecord({ format: 1, volume }), 'replace')),
    find,
    lookup: async (name) => readableOrNone(await find(name)),
    async list(signal) {
      const names = await files.list(directory);
      return names && readAll(files, fileOf, recordNames(names), admit, signal);
    },
    names: async () => recordNames((await files.list(directory)) ?? []),
    remove: (name) => files.removeFile(fileOf(name)),
    fileOf,
  };
}

/** Throws `failed` for a volume that cannot be read. */
export function readableOrNone(found: KnownVolume | undefined): Volume | undefined {
  return found && requireReadable(found);
}

/** The name of the volume of a registry file; undefined if the file name is not a valid volume name. */
export function unreadableVolume({ file, reason }: UnreadableRecord): KnownVolume | undefined {
  const name = parsedName(file.slice(file.lastIndexOf('/') + 1, -suffix.length));
  return name && unreadableAs(name, { file, reason });
}

/** The parser of a volume's record, as `readRecord` takes it. */
function readVolume(name: string, text: string, admit: Admit): ReadRecord<Volume> {
  const read = admitted(readRecord(recordSchema(), text), admit);
  if ('reason' in read) return read;
  const { volume } = read.value;
  if (volume.name !== name) return { reason: `it describes the volume ${volume.name}` };
  return { value: volume, isSealed: read.isSealed };
}

/** Temporary files begin with a dot, which volume names never do. */
export function recordNames(names: readonly string[]): readonly string[] {
  return names
    .filter((name) => name.endsWith(suffix) && !name.startsWith('.'))
    .map((name) => name.slice(0, -suffix.length))
    .sort();
}

async function readAll(
  files: RegistryFiles,
  fileOf: (name: string) => string,
  names: readonly string[],
  admit: Admit,
  signal: AbortSignal,
): Promise<RegistryListing> {
  const volumes: Volume[] = [];
  const unreadable: UnreadableRecord[] = [];
  await inParallel(names, width, async (name) => {
    refuseAborted(signal, 'The volumes could not be listed');
    const file = fileOf(name);
    const read = await readRecordFile(files, file, (text) => readVolume(name, text, admit));
    // Undefined: it was removed since the directory was read.
    if (read === undefined) return;
    if ('value' in read) volumes.push(read.value);
    else unreadable.push({ file, reason: read.reason });
  });
  return { volumes: volumes.sort((a, b) => (a.name < b.name ? -1 : 1)), unreadable };
}

export function unreadableAs(name: VolumeName, { file, reason }: UnreadableRecord): KnownVolume {
  const unreadable =
    `The record of volume ${name} cannot be read (${reason}): its data is untouched. Correct ${file} or restore it; ` +
    'to forget the volume, move the file away.';
  return { name, unreadable };
}

function parsedName(text: string): VolumeName | undefined {
  try {
    return parseVolumeName(text);
  } catch {
    return undefined;
  }
}

import { join } from 'node:path';
import { z } from 'zod';
import type { VolumeName } from '../../core/names.ts';
import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Files } from '../../host/host.ts';
import { inParallel } from './in-parallel.ts';
import { errnoOf, refuseAborted, wordsOf } from './storage-errors.ts';
import { type Parsed, parseRecord, volumeSchema } from './volume-record.ts';

/** Which volumes exist: one small file per volume, in the storage itself. A volume exists from when its file does. */
export interface Registry {
  /** False when the name is taken, also by a record that cannot be read. */
  add(volume: Volume): Promise<boolean>;
  /** Throws `failed` for a record that cannot be read: it is never taken for absent. */
  lookup(name: VolumeName): Promise<Volume | undefined>;
  /** Undefined when the directory itself is missing. One unreadable record does not hide the others. */
  list(signal: AbortSignal): Promise<RegistryListing | undefined>;
  /** No such record: done. */
  remove(name: VolumeName): Promise<void>;
}

interface RegistryListing {
  readonly volumes: readonly Volume[];
  readonly unreadable: readonly UnreadableRecord[];
}

export interface UnreadableRecord {
  readonly file: string;
  readonly reason: string;
}

export type RegistryFiles = Pick<Files, 'readText' | 'list' | 'writeText' | 'removeFile'>;

const width = 8;
const suffix = '.json';
/** Errors that may concern just one file among many. */
const oneFileOnly = ['EIO', 'EISDIR', 'EACCES'];
const recordSchema = z.object({ format: z.literal(1), volume: volumeSchema });

export function createRegistry(files: RegistryFiles, directory: string): Registry {
  const fileOf = (name: string) => join(directory, `${name}${suffix}`);
  return {
    add: (volume) =>
      files.writeText(fileOf(volume.name), `${JSON.stringify({ format: 1, volume })}\n`, 'exclusive'),
    async lookup(name) {
      const text = await files.readText(fileOf(name));
      if (text === undefined) return undefined;
      const parsed = parseVolume(name, text);
      if ('value' in parsed) return parsed.value;
      throw unreadable(name, fileOf(name), parsed.reason);
    },
    async list(signal) {
      const names = await files.list(directory);
      return names && readAll(files, fileOf, recordNames(names), signal);
    },
    remove: (name) => files.removeFile(fileOf(name)),
  };
}

/** Temporary files begin with a dot, which no volume's name does. */
function recordNames(names: readonly string[]): readonly string[] {
  return names
    .filter((name) => name.endsWith(suffix) && !name.startsWith('.'))
    .map((name) => name.slice(0, -suffix.length))
    .sort();
}

async function readAll(
  files: RegistryFiles,
  fileOf: (name: string) => string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<RegistryListing> {
  const volumes: Volume[] = [];
  const unreadable: UnreadableRecord[] = [];
  await inParallel(names, width, async (name) => {
    refuseAborted(signal, 'The volumes could not be listed');
    const parsed = await readVolume(files, name, fileOf(name));
    if (parsed === undefined) return;
    if ('value' in parsed) volumes.push(parsed.value);
    else unreadable.push({ file: fileOf(name), reason: parsed.reason });
  });
  return { volumes: volumes.sort((a, b) => (a.name < b.name ? -1 : 1)), unreadable };
}

/** Undefined when it was removed since the directory was read. Throws for a storage that cannot be reached at all. */
async function readVolume(
  files: RegistryFiles,
  name: string,
  file: string,
): Promise<Parsed<Volume> | undefined> {
  try {
    const text = await files.readText(file);
    return text === undefined ? undefined : parseVolume(name, text);
  } catch (error) {
    if (!oneFileOnly.includes(errnoOf(error) ?? '')) throw error;
    return { reason: wordsOf(error) };
  }
}

function parseVolume(name: string, text: string): Parsed<Volume> {
  const parsed = parseRecord(recordSchema, text);
  if ('reason' in parsed) return parsed;
  const { volume } = parsed.value;
  return volume.name === name ? { value: volume } : { reason: `it describes the volume ${volume.name}` };
}

function unreadable(name: VolumeName, file: string, reason: string): VolumeError {
  return new VolumeError(
    'failed',
    `The record of volume ${name} cannot be read (${reason}): its data is untouched. Put ${file} right or restore it; ` +
      `if the volume is to be forgotten, move the file away.`,
  );
}

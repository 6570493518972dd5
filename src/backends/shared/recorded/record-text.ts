import type * as z from 'zod/mini';
import { checksum } from '../../../core/checksum.ts';
import { newerFormat } from '../../../core/decisions/known-format.ts';
import { wordsOf } from '../../../core/error-words.ts';
import type { Files } from '../../../host/host.ts';
import { errnoOf } from '../storage-errors.ts';
import { type Parsed, parseRecord } from './volume-record.ts';

export type ReadFiles = Pick<Files, 'readText'>;

/** The content of a record; `isSealed` if a checksum proves that it is unchanged since it was written. */
export type ReadRecord<T> = { readonly value: T; readonly isSealed: boolean } | { readonly reason: string };

/** Errors that may concern only one file among many. */
const oneFileOnly: ReadonlySet<string> = new Set([
  'EIO',
  'EISDIR',
  'EFTYPE',
  'EACCES',
  'EPERM',
  'EINVAL',
  'ELOOP',
  'ENXIO',
  'EFBIG',
  'EUCLEAN',
  'EBADMSG',
]);

/** One line of JSON with its checksum last. Records of earlier versions have no checksum. */
export function sealRecord(record: object): string {
  const text = JSON.stringify(record);
  return `${JSON.stringify({ ...record, checksum: checksum(text) })}\n`;
}

/** Never throws: the caller decides what to do about an unreadable record. */
export function readRecord<T>(schema: z.ZodMiniType<T>, text: string): ReadRecord<T> {
  const json = parseJson(text);
  if ('reason' in json) return json;
  const newer = newerFormat(json.value);
  if (newer !== undefined) return { reason: newer };
  const parsed = parseRecord(schema, json.value);
  if ('reason' in parsed) return parsed;
  const seal = sealOf(json.value);
  if (seal !== 'wrong') return { value: parsed.value, isSealed: seal === 'good' };
  return {
    reason:
      'its checksum does not match, so it was changed after it was written; if that was intended, remove `checksum`',
  };
}

/** Undefined if there is no such file. Throws if the storage cannot be reached. */
export async function readRecordFile<T>(
  files: ReadFiles,
  file: string,
  parse: (text: string) => ReadRecord<T>,
): Promise<ReadRecord<T> | undefined> {
  try {
    const text = await files.readText(file);
    return text === undefined ? undefined : parse(text);
  } catch (error) {
    if (!concernsOneFile(error)) throw error;
    return { reason: wordsOf(error) };
  }
}

export function concernsOneFile(error: unknown): boolean {
  return oneFileOnly.has(errnoOf(error) ?? '');
}

function parseJson(text: string): Parsed<unknown> {
  if (text === '') return { reason: 'the file is empty, so it is not JSON' };
  try {
    return { value: JSON.parse(text) };
  } catch {
    // The parser's own message would show the file's content.
    return { reason: 'it is not JSON' };
  }
}

function sealOf(json: unknown): 'good' | 'wrong' | 'absent' {
  if (typeof json !== 'object' || json === null || !('checksum' in json)) return 'absent';
  const { checksum: seal, ...record } = json;
  return seal === checksum(JSON.stringify(record)) ? 'good' : 'wrong';
}

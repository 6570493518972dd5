import { checksum, checksumOn } from '../../core/checksum.ts';
import type { AppendLog, Files } from '../../host/host.ts';

/** A file of JSON records, one a line, each behind its checksum. A change costs one append, never the whole file. */
export interface Journal {
  /**
   * Resolves once the records outlive the daemon. Rejects with the host's error when they could not be written, and after
   * `close`: the file may be another's by then.
   */
  append(records: readonly unknown[]): Promise<void>;
  /**
   * Appends a last record, which gets the checksum of all before it (`sum`): the file is then read faster. What the next start would
   * only read past is left out first, if it is much.
   */
  seal(record: object): Promise<void>;
  close(): Promise<void>;
}

export type JournalContents =
  | { readonly state: 'absent' }
  /** `torn`: the last append, which was not answered, was cut off. */
  | {
      readonly state: 'read';
      /** Each record as JSON. */
      readonly records: readonly string[];
      readonly torn: boolean;
      /** The text without its last record, and, where it was needed, the checksum of that. */
      readonly before: string;
      readonly sum?: string;
    }
  | { readonly state: 'unreadable'; readonly line: number };

export interface JournalParts {
  readonly files: Files;
  readonly path: string;
  /** Records that lead to the present state. They replace the file when it has grown. */
  readonly snapshot: () => readonly unknown[];
  /** How many records the snapshot has, about. */
  readonly size: () => number;
  /** How many records the file has now, and their checksum. */
  readonly length: number;
  readonly sum: string;
  /** Bytes to which the file is cut first; undefined: it stays whole. */
  readonly cutTo?: number | undefined;
}

/** A checksum and the space after it. */
const sumLength = 9;
/** How many records a journal may have beyond its snapshot, while it is appended to and when it is sealed. */
const mostWhileOpen = (size: number) => 2000 + 3 * size;
/** Each takes some 7 µs of the next start; the replacement takes a stop some 20 µs for each record that stays. */
const mostWhenSealed = (size: number) => 250 + size / 16;

export function encodeRecord(record: unknown): string {
  const text = JSON.stringify(record);
  return `${checksum(text)} ${text}\n`;
}

export function decodeJournal(text: string | undefined): JournalContents {
  if (text === undefined) return { state: 'absent' };
  const summed = summedRecords(text);
  if (summed !== undefined) return summed;
  const lines = text.split('\n');
  const torn = lines.pop() !== '';
  const damaged = lines.findIndex((line) => !isSound(line));
  if (damaged >= 0) return { state: 'unreadable', line: damaged + 1 };
  const last = lines.at(-1);
  return {
    state: 'read',
    records: lines.map(recordOf),
    torn,
    before: torn || last === undefined ? '' : text.slice(0, -last.length - 1),
  };
}

/**
 * A journal whose last record has the checksum of all before it (`sum`): one checksum, not one for every record. Undefined if it has none,
 * or it does not match: then each line is checked by itself.
 */
function summedRecords(text: string): JournalContents | undefined {
  const end = text.lastIndexOf('\n', text.length - 2) + 1;
  const last = text.slice(end, -1);
  const sum = /"sum":"([0-9a-f]{8})"}$/.exec(last)?.[1];
  if (sum === undefined || !text.endsWith('\n') || !isSound(last)) return undefined;
  const before = text.slice(0, end);
  if (sum !== checksum(before)) return undefined;
  return { state: 'read', records: recordsIn(text), torn: false, before, sum };
}

/** Each is cut out once: of 10,000, any string in between would be in memory during the start. JSON has no newline inside a record. */
function recordsIn(text: string): readonly string[] {
  const records: string[] = [];
  for (let at = 0; at < text.length; at = text.indexOf('\n', at) + 1)
    records.push(text.slice(at + sumLength, text.indexOf('\n', at)));
  return records;
}

/** Without its checksum. */
function recordOf(line: string): string {
  return line.slice(sumLength);
}

function isSound(line: string): boolean {
  return line.charAt(8) === ' ' && line.slice(0, 8) === checksum(line.slice(9));
}

/** Opens the file for appending. It must be absent, or have been read and found sound. */
export async function openJournal(parts: JournalParts): Promise<Journal> {
  const { files, path } = parts;
  let log: Promise<AppendLog> = files.openLog(path);
  let { length, sum } = parts;
  let isClosed = false;
  const opened = await log;
  if (parts.cutTo !== undefined) await opened.cut(parts.cutTo);

  async function compact(old: Promise<AppendLog>): Promise<AppendLog> {
    await (await old).close();
    const records = parts.snapshot();
    // On a full disk the old file stays in use: it is long, but right.
    const text = records.map(encodeRecord).join('');
    const replaced = await files.writeText(path, text, 'replace').catch(() => false);
    // Without it, the sum is that of the old file.
    if (replaced) sum = checksum(text);
    length = replaced ? records.length : 0;
    return files.openLog(path);
  }

  async function append(count: number, textOf: () => string, most = mostWhileOpen): Promise<void> {
    if (isClosed) throw new Error(`${path} was closed`);
    length += count;
    const size = parts.size();
    if (length > size + most(size)) {
      length = 0;
      log = compact(log);
    }
    const file = await log;
    const text = textOf();
    sum = checksumOn(sum, text);
    await file.append(text);
  }

  return {
    append(records) {
      const text = records.map(encodeRecord).join('');
      return append(records.length, () => text);
    },
    seal: (record) => append(1, () => encodeRecord({ ...record, sum }), mostWhenSealed),
    async close() {
      isClosed = true;
      await (await log).close();
    },
  };
}

/** Replaces the whole file. For a torn one. */
export async function rewriteJournal(
  files: Files,
  path: string,
  records: readonly unknown[],
): Promise<Pick<JournalParts, 'length' | 'sum'>> {
  const text = records.map(encodeRecord).join('');
  await files.writeText(path, text, 'replace');
  return { length: records.length, sum: checksum(text) };
}

import { checksum } from '../../core/checksum.ts';
import type { AppendLog, Files } from '../../host/host.ts';

/** A file of JSON records, one a line, each behind its checksum. A change costs one append, never the whole file. */
export interface Journal {
  /**
   * Resolves once the records outlive the daemon. Rejects with the host's error when they could not be written, and after
   * `close`: the file may be another's by then.
   */
  append(records: readonly unknown[]): Promise<void>;
  close(): Promise<void>;
}

export type JournalContents =
  | { readonly state: 'absent' }
  /** `torn`: the last append, which was not answered, was cut off. */
  | { readonly state: 'read'; readonly records: readonly unknown[]; readonly torn: boolean }
  | { readonly state: 'unreadable'; readonly line: number };

export interface JournalParts {
  readonly files: Files;
  readonly path: string;
  /** Records that lead to the present state. They replace the file when it has grown. */
  readonly snapshot: () => readonly unknown[];
  /** How many records the snapshot has, about. */
  readonly size: () => number;
  /** How many records the file has now. */
  readonly length: number;
}

/** Appends after which a journal may be replaced by its snapshot. */
const slack = 2000;

export function encodeRecord(record: unknown): string {
  const text = JSON.stringify(record);
  return `${checksum(text)} ${text}\n`;
}

export function decodeJournal(text: string | undefined): JournalContents {
  if (text === undefined) return { state: 'absent' };
  const lines = text.split('\n');
  const torn = lines.pop() !== '';
  const records: unknown[] = [];
  for (const [index, line] of lines.entries()) {
    const json = line.slice(9);
    if (line.charAt(8) !== ' ' || line.slice(0, 8) !== checksum(json))
      return { state: 'unreadable', line: index + 1 };
    records.push(JSON.parse(json));
  }
  return { state: 'read', records, torn };
}

/** Opens the file for appending. It must be absent, or have been read and found sound. */
export async function openJournal(parts: JournalParts): Promise<Journal> {
  const { files, path } = parts;
  let log: Promise<AppendLog> = files.openLog(path);
  let length = parts.length;
  let isClosed = false;
  await log;

  async function compact(old: Promise<AppendLog>): Promise<AppendLog> {
    await (await old).close();
    const records = parts.snapshot();
    // On a full disk the old file stays in use: it is long, but right.
    const replaced = await files
      .writeText(path, records.map(encodeRecord).join(''), 'replace')
      .catch(() => false);
    length = replaced ? records.length : 0;
    return files.openLog(path);
  }

  return {
    async append(records) {
      if (isClosed) throw new Error(`${path} was closed`);
      length += records.length;
      const text = records.map(encodeRecord).join('');
      if (length > slack + 4 * parts.size()) {
        length = 0;
        log = compact(log);
      }
      await (await log).append(text);
    },
    async close() {
      isClosed = true;
      await (await log).close();
    },
  };
}

/** Replaces the whole file. For a torn file, or one without its end. */
export async function rewriteJournal(files: Files, path: string, records: readonly unknown[]): Promise<void> {
  await files.writeText(path, records.map(encodeRecord).join(''), 'replace');
}

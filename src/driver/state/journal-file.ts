import { checksum } from '../../core/checksum.ts';
import type { Log } from '../../core/log.ts';
import type { Host } from '../../host/host.ts';
import { decodeJournal, type Journal, type JournalParts, openJournal, rewriteJournal } from './journal.ts';

export interface StateFileParts<R> {
  readonly host: Host;
  readonly log: Log;
  readonly path: string;
  /** Parses one record, which is JSON if the file was not damaged. Throws for anything else. */
  readonly parse: (record: string) => R;
  readonly apply: (record: R) => void;
  readonly snapshot: () => readonly R[];
  readonly size: () => number;
  /** Called once all records are applied: whether the last one is to be cut off before anything is appended. */
  readonly cutLast?: () => boolean;
}

export interface StateFile {
  readonly journal: Journal;
  /** `unreadable`: the file is kept aside under another name, and none of it was applied. */
  readonly found: 'absent' | 'read' | 'unreadable';
}

/** Reads a journal into memory and opens it for appending. An unreadable file is never taken for an empty one. */
export async function openStateFile<R>(parts: StateFileParts<R>): Promise<StateFile> {
  const { host, path } = parts;
  const { found, length, sum, cutTo } = await readStateFile(parts);
  const journal = await openJournal({
    files: host.files,
    path,
    length,
    sum,
    cutTo,
    snapshot: parts.snapshot,
    size: parts.size,
  });
  return { journal, found };
}

interface Found extends Pick<StateFile, 'found'>, Pick<JournalParts, 'length' | 'sum' | 'cutTo'> {}

const nothing = { length: 0, sum: '' };

async function readStateFile<R>(parts: StateFileParts<R>): Promise<Found> {
  const { files } = parts.host;
  const text = await files.readText(parts.path);
  const contents = parseContents(decodeJournal(text), parts.parse);
  if (contents.state === 'absent') return { found: 'absent', ...nothing };
  if (contents.state === 'unreadable') {
    await keepAside(parts, contents.line);
    return { found: 'unreadable', ...nothing };
  }
  for (const record of contents.records) parts.apply(record);
  if (contents.torn) return { found: 'read', ...(await rewriteJournal(files, parts.path, parts.snapshot())) };
  const { length } = contents.records;
  if (parts.cutLast?.() !== true) return { found: 'read', length, sum: checksum(text ?? '') };
  const { before, sum = checksum(before) } = contents;
  return { found: 'read', length: length - 1, sum, cutTo: Buffer.byteLength(before) };
}

type Parsed<R> =
  | { readonly state: 'absent' }
  | {
      readonly state: 'read';
      readonly records: readonly R[];
      readonly torn: boolean;
      readonly before: string;
      readonly sum?: string;
    }
  | { readonly state: 'unreadable'; readonly line: number };

function parseContents<R>(
  contents: ReturnType<typeof decodeJournal>,
  parse: (record: string) => R,
): Parsed<R> {
  if (contents.state !== 'read') return contents;
  const records: R[] = [];
  try {
    for (const record of contents.records) records.push(parse(record));
  } catch {
    return { state: 'unreadable', line: records.length + 1 };
  }
  return { ...contents, records };
}

async function keepAside<R>({ host, log, path }: StateFileParts<R>, line: number): Promise<void> {
  const aside = `${path}.unreadable-${host.newId()}`;
  await host.files.rename(path, aside);
  log.write('error', 'state-file-unreadable', { path, line, keptAs: aside });
}

import type { Log } from '../../core/log.ts';
import type { Host } from '../../host/host.ts';
import { decodeJournal, type Journal, openJournal, rewriteJournal } from './journal.ts';

export interface StateFileParts<R> {
  readonly host: Host;
  readonly log: Log;
  readonly path: string;
  /** Parses one record. Throws for anything else. */
  readonly parse: (record: unknown) => R;
  readonly apply: (record: R) => void;
  readonly snapshot: () => readonly R[];
  readonly size: () => number;
  /** Called once all records are applied: whether to replace the file by the snapshot before anything is appended. */
  readonly replace?: () => boolean;
}

export interface StateFile {
  readonly journal: Journal;
  /** `unreadable`: the file is kept aside under another name, and none of it was applied. */
  readonly found: 'absent' | 'read' | 'unreadable';
}

/** Reads a journal into memory and opens it for appending. An unreadable file is never taken for an empty one. */
export async function openStateFile<R>(parts: StateFileParts<R>): Promise<StateFile> {
  const { host, path } = parts;
  const { found, length } = await readStateFile(parts);
  const journal = await openJournal({
    files: host.files,
    path,
    length,
    snapshot: parts.snapshot,
    size: parts.size,
  });
  return { journal, found };
}

async function readStateFile<R>(
  parts: StateFileParts<R>,
): Promise<{ found: StateFile['found']; length: number }> {
  const { files } = parts.host;
  const contents = parseContents(decodeJournal(await files.readText(parts.path)), parts.parse);
  if (contents.state === 'absent') return { found: 'absent', length: 0 };
  if (contents.state === 'unreadable') {
    await keepAside(parts, contents.line);
    return { found: 'unreadable', length: 0 };
  }
  for (const record of contents.records) parts.apply(record);
  const isReplaced = contents.torn || parts.replace?.() === true;
  if (isReplaced) await rewriteJournal(files, parts.path, parts.snapshot());
  return { found: 'read', length: isReplaced ? parts.size() : contents.records.length };
}

type Parsed<R> =
  | { readonly state: 'absent' }
  | { readonly state: 'read'; readonly records: readonly R[]; readonly torn: boolean }
  | { readonly state: 'unreadable'; readonly line: number };

function parseContents<R>(
  contents: ReturnType<typeof decodeJournal>,
  parse: (record: unknown) => R,
): Parsed<R> {
  if (contents.state !== 'read') return contents;
  const records: R[] = [];
  for (const [index, record] of contents.records.entries()) {
    try {
      records.push(parse(record));
    } catch {
      return { state: 'unreadable', line: index + 1 };
    }
  }
  return { state: 'read', records, torn: contents.torn };
}

async function keepAside<R>({ host, log, path }: StateFileParts<R>, line: number): Promise<void> {
  const aside = `${path}.unreadable-${host.newId()}`;
  await host.files.rename(path, aside);
  log.write('error', 'state-file-unreadable', { path, line, keptAs: aside });
}

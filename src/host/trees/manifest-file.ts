import { closeSync, openSync, readSync, renameSync, writeFileSync } from 'node:fs';
import type { TreeTotals } from '../host.ts';
import { type Entry, isRecord, parseEntry } from './entry.ts';

/*
 * A manifest: one line of JSON per entry, between a line that names the form and one with the totals. Without the last line it is
 * not whole, and is refused.
 */

const form = 'holdfast tree 2';
/** The first had no key: every checksum is a SHA-256. */
const firstForm = 'holdfast tree 1';
const flushed = 256 * 1024;
/** Bytes: no entry is longer, its attributes included. */
const longestLine = 16 * 1024 * 1024;

export interface ManifestWriter {
  add(entry: Entry): void;
  /** Gives the file its name, without a flush: after a power failure nobody needs it, and a damaged one is ignored. */
  end(): TreeTotals;
}

/** What the first line says. */
export interface ManifestHead {
  readonly hasAttributes: boolean;
  /** For its checksums; undefined: all are SHA-256. */
  readonly key: Buffer | undefined;
}

export function writeManifest(path: string, { hasAttributes, key }: ManifestHead): ManifestWriter {
  const fd = openSync(`${path}.part`, 'w', 0o600);
  let text = `${JSON.stringify(headOf({ hasAttributes, key }))}\n`;
  let [entries, bytes] = [0, 0];
  const flush = () => {
    // All of it, or an error: on a disk that is nearly full, a single write may take a part.
    writeFileSync(fd, text);
    text = '';
  };
  return {
    add(entry) {
      entries += 1;
      if (entry.n === undefined) bytes += entry.z ?? 0;
      text += `${JSON.stringify(entry)}\n`;
      if (text.length > flushed) flush();
    },
    end() {
      text += `${JSON.stringify({ entries, bytes })}\n`;
      flush();
      closeSync(fd);
      renameSync(`${path}.part`, path);
      return { entries, bytes };
    },
  };
}

function headOf({ hasAttributes: attributes, key }: ManifestHead): object {
  return key === undefined ? { form: firstForm, attributes } : { form, attributes, key: key.toString('hex') };
}

export interface ReadManifest extends ManifestHead {
  readonly entries: Generator<Entry>;
}

/** Throws for a manifest that is damaged or not whole, at the latest after its last entry. */
export function readManifest(path: string): ReadManifest {
  const lines = linesOf(path);
  const head = lines.next();
  const first: unknown = head.done ? undefined : JSON.parse(head.value);
  if (!isRecord(first) || (first.form !== form && first.form !== firstForm))
    throw new Error('the manifest has another form: it was made by another version of Holdfast');
  const { key } = first;
  if (first.form === form && !(typeof key === 'string' && /^[0-9a-f]{64}$/.test(key)))
    throw new Error('the manifest has a damaged key');
  return {
    hasAttributes: first.attributes === true,
    key: typeof key === 'string' ? Buffer.from(key, 'hex') : undefined,
    entries: entriesOf(lines),
  };
}

function* entriesOf(lines: Generator<string>): Generator<Entry> {
  let count = 0;
  for (const line of lines) {
    const value: unknown = JSON.parse(line);
    if (isRecord(value) && 'entries' in value) {
      if (value.entries === count && lines.next().done) return;
      break;
    }
    count += 1;
    yield parseEntry(value);
  }
  throw new Error('the manifest is not whole');
}

function* linesOf(path: string): Generator<string> {
  const fd = openSync(path, 'r');
  try {
    const piece = Buffer.alloc(flushed);
    let rest: Buffer = Buffer.alloc(0);
    for (;;) {
      const length = readSync(fd, piece);
      if (length === 0) break;
      rest = Buffer.concat([rest, piece.subarray(0, length)]);
      let start = 0;
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, start)) {
        yield rest.toString('utf8', start, end);
        start = end + 1;
      }
      rest = rest.subarray(start);
      if (rest.length > longestLine) throw new Error('the manifest has a line that is too long');
    }
    if (rest.length > 0) throw new Error('the manifest is not whole');
  } finally {
    closeSync(fd);
  }
}

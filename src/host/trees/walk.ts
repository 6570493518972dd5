import { type BigIntStats, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { hasCode } from '../system-error.ts';
import type { Entry } from './entry.ts';
import type { NativeFiles } from './native-files.ts';

/** Walks a tree in the order of `compareOrder`, without the content of files. No symlink is followed. */
export function* walk(root: string, native: NativeFiles | undefined): Generator<Entry> {
  /** The first path of each file with several. */
  const links = new Map<string, string>();
  const start = Buffer.from(root);
  const pending = [''];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const place = placeOf(start, path);
    const facts = lstatSync(place, { bigint: true, throwIfNoEntry: false });
    const entry = facts && unlessGone(() => entryOf(path, place, facts, links, native));
    // Removed since its directory was read.
    if (entry === undefined) continue;
    yield entry;
    if (entry.t !== 'd') continue;
    const names = unlessGone(() => readdirSync(place, { encoding: 'buffer' })) ?? [];
    const sorted = names.map((name) => name.toString('latin1')).sort((a, b) => (a < b ? 1 : -1));
    for (const name of sorted) pending.push(path === '' ? name : `${path}/${name}`);
  }
}

/** Undefined: it was removed or replaced meanwhile, by others who use the tree. */
function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR') || isNoSymlink(error)) return undefined;
    throw error;
  }
}

function isNoSymlink(error: unknown): boolean {
  return (
    hasCode(error, 'EINVAL') && error instanceof Error && 'syscall' in error && error.syscall === 'readlink'
  );
}

/** What is there, without its path and its links. */
export function entryAt(place: Buffer, native: NativeFiles): Entry {
  return entryOf('', place, lstatSync(place, { bigint: true }), new Map(), native);
}

export function placeOf(root: Buffer, path: string): Buffer {
  return path === '' ? root : Buffer.concat([root, Buffer.from(`/${path}`, 'latin1')]);
}

function entryOf(
  path: string,
  place: Buffer,
  facts: BigIntStats,
  links: Map<string, string>,
  native: NativeFiles | undefined,
): Entry {
  const kind = kindOf(facts);
  const x = native?.attributes(place);
  return {
    p: path,
    t: kind,
    m: Number(facts.mode & 0o7777n),
    u: Number(facts.uid),
    g: Number(facts.gid),
    ...(kind === 'f' ? { z: Number(facts.size), b: Number(facts.blocks * 512n) } : {}),
    a: `${facts.mtimeNs}`,
    c: `${facts.ctimeNs}`,
    i: `${facts.ino}`,
    ...(kind === 'l' ? { l: readlinkSync(place, { encoding: 'buffer' }).toString('latin1') } : {}),
    ...(kind === 'c' || kind === 'b' ? { r: `${facts.rdev}` } : {}),
    ...linkOf(path, facts, links),
    ...(x === undefined ? {} : { x }),
  };
}

function linkOf(path: string, facts: BigIntStats, links: Map<string, string>): { readonly n?: string } {
  if (facts.isDirectory() || facts.nlink < 2n) return {};
  const file = `${facts.dev} ${facts.ino}`;
  const first = links.get(file);
  if (first === undefined) links.set(file, path);
  return first === undefined ? {} : { n: first };
}

export function kindOf(facts: BigIntStats): Entry['t'] {
  if (facts.isDirectory()) return 'd';
  if (facts.isFile()) return 'f';
  if (facts.isSymbolicLink()) return 'l';
  if (facts.isSocket()) return 's';
  if (facts.isFIFO()) return 'p';
  return facts.isCharacterDevice() ? 'c' : 'b';
}

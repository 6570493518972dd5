import { type BigIntStats, lstatSync, readdirSync, readlinkSync } from 'node:fs';
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
    // Removed since its directory was read.
    if (facts === undefined) continue;
    yield entryOf(path, place, facts, links, native);
    if (!facts.isDirectory()) continue;
    const names = readdirSync(place, { encoding: 'buffer' }).map((name) => name.toString('latin1'));
    names.sort((a, b) => (a < b ? 1 : -1));
    for (const name of names) pending.push(path === '' ? name : `${path}/${name}`);
  }
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

function kindOf(facts: BigIntStats): Entry['t'] {
  if (facts.isDirectory()) return 'd';
  if (facts.isFile()) return 'f';
  if (facts.isSymbolicLink()) return 'l';
  if (facts.isSocket()) return 's';
  if (facts.isFIFO()) return 'p';
  return facts.isCharacterDevice() ? 'c' : 'b';
}

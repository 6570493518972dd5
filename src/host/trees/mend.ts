import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  lchownSync,
  linkSync,
  lstatSync,
  openSync,
  unlinkSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { mendAttributes, sameAttributes } from './attributes.ts';
import { type Entry, isSparse } from './entry.ts';
import { inStep } from './in-step.ts';
import { readManifest } from './manifest-file.ts';
import type { NativeFiles } from './native-files.ts';
import { entryAt, kindOf, placeOf, walk } from './walk.ts';

interface Mending {
  readonly native: NativeFiles;
  readonly hasAttributes: boolean;
  readonly root: Buffer;
  /** Those that are there, by path: nothing is made below a symlink. */
  readonly directories: Map<string, Entry>;
}

/** See `Trees.mend`. Nobody else can use the tree meanwhile. What is not mended differs when the tree is compared. */
export function mendTree(native: NativeFiles | undefined, root: string, manifest: string): void {
  if (native === undefined) return;
  const { entries, hasAttributes } = readManifest(manifest);
  const mending: Mending = { native, hasAttributes, root: Buffer.from(root), directories: new Map() };
  for (const { left: meant, right: found } of inStep(entries, walk(root, native))) {
    if (meant === undefined) continue;
    if (meant.t === 'd' && found?.t === 'd') mending.directories.set(meant.p, meant);
    if (!meant.q) mendEntry(mending, meant, found);
  }
}

function mendEntry(mending: Mending, meant: Entry, found: Entry | undefined): void {
  const { native, root, directories } = mending;
  const place = placeOf(root, meant.p);
  const parent = meant.p === '' ? undefined : directories.get(parentOf(meant.p));
  if (meant.n !== undefined) {
    if (found?.n !== meant.n && parent !== undefined)
      makeLink(mending, { ...meant, n: meant.n }, parent, found);
    return;
  }
  if (found === undefined && meant.t === 's' && parent !== undefined) {
    native.makeSocket(place, meant.m);
    setTime(mending, parent);
    mendFacts(mending, meant, entryAt(place, native));
  }
  if (found?.t !== meant.t) return;
  const hasLostHoles = found.t === 'f' && isSparse(meant) && !isSparse(found);
  if (hasLostHoles) digHoles(place);
  mendFacts(mending, meant, hasLostHoles ? { ...found, a: '' } : found);
}

function parentOf(path: string): string {
  const parent = dirname(path);
  return parent === '.' ? '' : parent;
}

/** restic links only files again. */
function makeLink(
  mending: Mending,
  meant: Entry & { readonly n: string },
  parent: Entry,
  found: Entry | undefined,
): void {
  const { root, directories } = mending;
  const [first, place] = [placeOf(root, meant.n), placeOf(root, meant.p)];
  if (!directories.has(parentOf(meant.n)) || found?.t === 'd') return;
  const facts = lstatSync(first, { bigint: true, throwIfNoEntry: false });
  if (facts === undefined || kindOf(facts) !== meant.t) return;
  if (found !== undefined) unlinkSync(place);
  linkSync(first, place);
  setTime(mending, parent);
}

/** The time comes last: all else changes it, or may. */
function mendFacts(mending: Mending, meant: Entry, found: Entry): void {
  const { native, root, hasAttributes } = mending;
  const place = placeOf(root, meant.p);
  const isOwned = meant.u === found.u && meant.g === found.g;
  if (!isOwned) lchownSync(place, meant.u, meant.g);
  // A new owner takes the set-user-ID bit and capabilities away.
  if (meant.t !== 'l' && !(isOwned && meant.m === found.m)) chmodSync(place, meant.m);
  if (hasAttributes && !(isOwned && sameAttributes(meant, found))) mendAttributes(native, place, meant);
  if (meant.a !== found.a) setTime(mending, meant);
}

function setTime({ native, root }: Mending, { p, a }: Entry): void {
  native.setTime(placeOf(root, p), BigInt(a));
}

/** By util-linux. The content stays as it is. Not every file system has holes: then the file takes more space. */
function digHoles(place: Buffer): void {
  const fd = openSync(place, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    const stdio = ['ignore' as const, 'ignore' as const, 'ignore' as const, fd];
    execFileSync('fallocate', ['--dig-holes', '/proc/self/fd/3'], { stdio, cwd: '/' });
  } catch {
  } finally {
    closeSync(fd);
  }
}

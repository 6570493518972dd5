import { renameSync } from 'node:fs';
import type { Settled, TreeTotals } from '../host.ts';
import { keyedSums, newKey, withChecksum } from './checksum.ts';
import type { Entry } from './entry.ts';
import { inStep } from './in-step.ts';
import { type ReadManifest, readManifest, writeManifest } from './manifest-file.ts';
import type { NativeFiles } from './native-files.ts';
import { paced, type Wait } from './pace.ts';
import { placeOf, walk } from './walk.ts';

/** See `Trees.describe`. */
export function describeTree(
  native: NativeFiles | undefined,
  root: string,
  manifest: string,
  earlier: string | undefined,
  wait: Wait = () => undefined,
): TreeTotals {
  const known = earlier === undefined ? undefined : readable(earlier);
  const key = known?.key ?? newKey();
  const writer = writeManifest(manifest, { hasAttributes: native !== undefined, key });
  const sums = paced(keyedSums(key), wait);
  const start = Buffer.from(root);
  for (const { left, right } of inStep(walk(root, native), entriesOf(known))) {
    if (left === undefined) continue;
    // The first path of a hard link has it.
    if (left.t !== 'f' || left.n !== undefined) writer.add(left);
    else if (right?.h !== undefined && isUnchanged(left, right)) writer.add({ ...left, h: right.h });
    else writer.add(withChecksum(left, placeOf(start, left.p), sums));
  }
  return writer.end();
}

/** An earlier manifest only saves work: one that is damaged, or of a later version, is none. */
function readable(manifest: string): ReadManifest | undefined {
  try {
    return readManifest(manifest);
  } catch {
    return undefined;
  }
}

function* entriesOf(known: ReadManifest | undefined): Generator<Entry> {
  try {
    if (known !== undefined) yield* known.entries;
  } catch {
    // What follows is read from the files.
  }
}

/** See `Trees.settle`. */
export function settleTree(
  native: NativeFiles | undefined,
  root: string,
  manifest: string,
  unread: readonly string[],
): Settled {
  const described = readManifest(manifest);
  const settled = `${manifest}.settled`;
  const writer = writeManifest(settled, described);
  const missed = new Set(unread);
  let [changed, sameButUnread, below] = [0, 0, ''];
  for (const { left, right } of inStep(described.entries, walk(root, native))) {
    const isSame =
      left !== undefined && left.q === undefined && right !== undefined && isUnchanged(left, right);
    const entry = left ?? right;
    if (entry === undefined) continue;
    // A directory that was away for a moment has its files again, unchanged.
    const isMissed = below !== '' && entry.p.startsWith(below);
    if (missed.has(entry.p) && !isMissed) {
      // Without its root, nothing of it was read.
      if (isSame || entry.p === '') sameButUnread += 1;
      below = `${entry.p}/`;
    }
    if (!isSame || isMissed) changed += 1;
    writer.add(isSame && !isMissed ? entry : { ...entry, q: true });
  }
  writer.end();
  renameSync(settled, manifest);
  return { changed, unread: sameButUnread };
}

function isUnchanged(now: Entry, then: Entry): boolean {
  if (then.q !== undefined) return false;
  return now.t === then.t && now.z === then.z && now.a === then.a && now.c === then.c && now.i === then.i;
}

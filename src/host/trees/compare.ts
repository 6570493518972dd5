import type { TreeComparison } from '../host.ts';
import { sameAttributes } from './attributes.ts';
import { sumsLike, withChecksum } from './checksum.ts';
import { type Entry, shownPath } from './entry.ts';
import { inStep, type Pair } from './in-step.ts';
import { readManifest } from './manifest-file.ts';
import type { NativeFiles } from './native-files.ts';
import { placeOf, walk } from './walk.ts';

const mostNamed = 20;

/** See `Trees.compare`. */
export function compareTree(
  native: NativeFiles | undefined,
  root: string,
  manifest: string,
  only: readonly string[] | undefined,
): TreeComparison {
  const described = readManifest(manifest);
  const attributes = described.hasAttributes ? native : undefined;
  const wanted = only === undefined ? undefined : new Set(only);
  const differences: string[] = [];
  let [entries, bytes, differing] = [0, 0, 0];
  for (const pair of inStep(described.entries, walk(root, attributes))) {
    const path = (pair.left ?? pair.right)?.p ?? '';
    if (wanted !== undefined && !wanted.has(path)) continue;
    const what =
      difference(pair, attributes !== undefined, wanted === undefined) ?? content(pair, root, described.key);
    entries += 1;
    if (pair.right?.n === undefined) bytes += pair.right?.z ?? 0;
    if (what === undefined) continue;
    differing += 1;
    if (differences.length < mostNamed) differences.push(`${shownPath(path)}: ${what}`);
  }
  return { entries, bytes, differing, differences };
}

/** `isWhole`: all of the tree is there, so hard links can be compared. */
function difference(
  { left: meant, right: found }: Pair,
  hasAttributes: boolean,
  isWhole: boolean,
): string | undefined {
  if (meant?.q) return undefined;
  if (found === undefined) return 'it is missing';
  if (meant === undefined) return 'it is not in the manifest';
  if (meant.t !== found.t) return 'it is of another kind';
  if (meant.t !== 'l' && meant.m !== found.m) return `its mode is ${octal(found)}, not ${octal(meant)}`;
  if (meant.u !== found.u || meant.g !== found.g)
    return `its owner is ${found.u}:${found.g}, not ${meant.u}:${meant.g}`;
  if (meant.l !== found.l) return 'it links to something else';
  if (meant.r !== found.r) return 'it is another device';
  if (meant.z !== found.z) return `its size is ${found.z}, not ${meant.z}`;
  if (isWhole && meant.n !== found.n) return 'its hard links differ';
  if (meant.a !== found.a) return 'its time differs';
  if (hasAttributes && !sameAttributes(meant, found)) return 'its extended attributes differ';
  return undefined;
}

function content(
  { left: meant, right: found }: Pair,
  root: string,
  key: Buffer | undefined,
): string | undefined {
  if (meant?.h === undefined || meant.q || found === undefined) return undefined;
  const { h } = withChecksum(found, placeOf(Buffer.from(root), found.p), sumsLike(meant.h, key));
  return h === meant.h ? undefined : 'its checksum differs';
}

function octal({ m }: Entry): string {
  return m.toString(8).padStart(4, '0');
}

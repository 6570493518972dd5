import type { Volume } from '../../../core/volume.ts';
import { isAdopted } from './plan.ts';

/** The directory that a volume owns, below the root of the driver's share; undefined for an adopted one, which owns none. */
export function ownedDirectory({ name, options }: Volume): string | undefined {
  return isAdopted(options) ? undefined : (options.subdir ?? name);
}

/**
 * The volumes whose directory equals or overlaps another one's, each with the owner. What is done to one of them would be done to
 * both, so only one may have the directory: the volume with the directory's name, or else the older one.
 */
export function claimsOfOthers(volumes: readonly Volume[]): ReadonlyMap<Volume, Volume> {
  const owners = new Map<string, Volume>();
  const losers = new Map<Volume, Volume>();
  /** How many owned directories are below. */
  const above = new Map<string, Volume>();
  for (const volume of [...volumes].sort(byRight)) {
    const directory = ownedDirectory(volume);
    if (directory === undefined) continue;
    const lines = [directory, ...parentsOf(directory)];
    const owner =
      lines.map((line) => owners.get(line)).find((one) => one !== undefined) ?? above.get(directory);
    if (owner !== undefined) {
      losers.set(volume, owner);
      continue;
    }
    owners.set(directory, volume);
    for (const parent of parentsOf(directory)) if (!above.has(parent)) above.set(parent, volume);
  }
  return losers;
}

/** "a/b" and "a" for "a/b/c". */
export function parentsOf(path: string): readonly string[] {
  const parents: string[] = [];
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
    parents.push(path.slice(0, at));
  return parents;
}

/** Sorts the volume with the better claim first. */
function byRight(a: Volume, b: Volume): number {
  return (
    rank(a) - rank(b) || compare(a.createdAt, b.createdAt) || compare(a.id, b.id) || compare(a.name, b.name)
  );
}

function rank(volume: Volume): number {
  return ownedDirectory(volume) === volume.name ? 0 : 1;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

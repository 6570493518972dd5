import { isWithin } from '../../core/paths.ts';
import type { Found, Obstacle } from './found.ts';

/**
 * Volumes whose data is, contains, or is in that of another one, with the name of that. If one of them were moved, the data of the other
 * would go with it.
 */
export function sharedData(found: readonly (Found | Obstacle)[]): ReadonlyMap<Found, string> {
  const shared = new Map<Found, string>();
  // With a zero for each slash, what is in a directory comes right behind it.
  const sorted = found
    .flatMap((one) => ('data' in one && one.data !== undefined ? [{ one, path: one.data.path }] : []))
    .map((entry) => ({ ...entry, key: entry.path.replaceAll('/', '\0') }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  let [around] = sorted;
  for (const entry of sorted.slice(1)) {
    if (around !== undefined && isWithin(entry.path, around.path)) {
      shared.set(entry.one, around.one.name);
      if (!shared.has(around.one)) shared.set(around.one, entry.one.name);
    } else around = entry;
  }
  return shared;
}

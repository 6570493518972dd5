import { closest, distance } from 'fastest-levenshtein';

/** The candidate a mistyped word most likely meant; undefined when none is near. Case does not count. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const typed = word.slice(0, 64).toLowerCase();
  const best = closest(
    typed,
    candidates.map((candidate) => candidate.toLowerCase()),
  );
  if (distance(typed, best) > Math.max(2, Math.floor(best.length / 3))) return undefined;
  return candidates.find((candidate) => candidate.toLowerCase() === best);
}

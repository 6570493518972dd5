import { closest, distance } from 'fastest-levenshtein';

/** The candidate a mistyped word most likely meant; undefined when none is near. Case does not count. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const typed = word.slice(0, 64).toLowerCase();
  const best = closest(
    typed,
    candidates.map((candidate) => candidate.toLowerCase()),
  );
  if (distance(typed, best) > tolerance(best)) return undefined;
  return candidates.find((candidate) => candidate.toLowerCase() === best);
}

/** Edits that a slip of the finger explains: at least one letter must be right. */
function tolerance({ length }: string): number {
  return Math.min(length - 1, Math.max(2, Math.floor(length / 3)));
}

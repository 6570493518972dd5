import { distance } from 'fastest-levenshtein';

/** Typing errors that are easily made in one word. */
const slips = 2;

/**
 * The candidate that a mistyped word can only have meant: two slips explain it by no other one with another meaning, and it is
 * not the word's opposite. Undefined when there is none. Case does not count.
 */
export function nearest(
  word: string,
  candidates: readonly string[],
  meaningOf: (candidate: string) => string = (candidate) => candidate,
): string | undefined {
  const typed = word.slice(0, 64).toLowerCase();
  const near = candidates
    .map((candidate) => ({ candidate, edits: editsBetween(typed, candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const [best] = near;
  if (best === undefined || best.edits > tolerance(best.candidate)) return undefined;
  if (best.edits === 0) return best.candidate;
  const rivals = near.filter(
    ({ candidate, edits }) => edits <= Math.min(tolerance(candidate), Math.max(slips, best.edits)),
  );
  const isSure = rivals.every(({ candidate }) => meaningOf(candidate) === meaningOf(best.candidate));
  return isSure && !isOpposite(typed, best.candidate.toLowerCase()) ? best.candidate : undefined;
}

/** "Did you mean gold?", or the other sentence if no candidate is near. */
export function suggestion(word: string, candidates: readonly string[], otherwise: string): string {
  const near = nearest(word, candidates);
  return near === undefined ? otherwise : `Did you mean ${near}?`;
}

/** Letters left out, put in or changed; two neighbours that changed places are one. */
export function editsBetween(one: string, other: string): number {
  const at = [...one].findIndex((letter, index) => letter !== other[index]);
  const swapped = `${one.slice(0, at)}${one[at + 1] ?? ''}${one[at] ?? ''}${one.slice(at + 2)}`;
  return at >= 0 && swapped === other ? 1 : distance(one, other);
}

/** Edits that a slip of the finger explains. A word of two letters is another word with one of them changed. */
function tolerance({ length }: string): number {
  return length < 3 ? 0 : Math.min(length - 2, Math.max(slips, Math.floor(length / 3)));
}

/** Whether two words differ only by a negation in front: "noatime" and "atime", "unlocked" and "locked". */
function isOpposite(one: string, other: string): boolean {
  const apart = distance(one, other);
  return [
    [one, other],
    [other, one],
  ].some(([long = '', short = '']) => {
    const rest = long.replace(/^(no|non|not|un|dis)[-_]?/, '');
    return rest !== long && distance(rest, short) < apart;
  });
}

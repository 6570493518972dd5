import fc from 'fast-check';

export interface Mistyped {
  readonly meant: string;
  readonly typed: string;
}

/** A word with one or two letters left out, added or changed. A three-letter word with two changes would be another word. */
export function mistyped(words: fc.Arbitrary<string>): fc.Arbitrary<Mistyped> {
  const edit = fc.record({
    at: fc.nat(30),
    kind: fc.constantFrom('leave-out', 'put-in', 'change'),
    letter: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'),
  });
  return fc
    .tuple(
      words.filter(({ length }) => length > 2),
      fc.array(edit, { minLength: 1, maxLength: 2 }),
    )
    .map(([meant, edits]) => ({
      meant,
      typed: edits.slice(0, Math.max(1, meant.length - 2)).reduce((word, { at, kind, letter }) => {
        const place = at % (word.length + 1);
        const rest = word.slice(kind === 'put-in' ? place : place + 1);
        return `${word.slice(0, place)}${kind === 'leave-out' ? '' : letter}${rest}`;
      }, meant),
    }));
}

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { printable, printableLines } from '../../src/core/printable.ts';

/** Listed as ranges, independent of the property that the code checks. */
const dangerous: readonly (readonly [string, number, number])[] = [
  ['C0', 0x00, 0x1f],
  ['DEL and C1', 0x7f, 0x9f],
  ['the soft hyphen', 0xad, 0xad],
  ['the Arabic letter mark', 0x61c, 0x61c],
  ['the Hangul fillers', 0x115f, 0x1160],
  ['zero-width and marks of direction', 0x200b, 0x200f],
  ['separators, embeddings and overrides of direction', 0x2028, 0x202e],
  ['the word joiner and isolates', 0x2060, 0x2069],
  ['half of a surrogate pair', 0xd800, 0xdfff],
  ['the byte order mark', 0xfeff, 0xfeff],
  ['tags', 0xe0001, 0xe007f],
];
const some = fc.constantFrom(...dangerous).chain(([, from, to]) => fc.integer({ min: from, max: to }));
const text = fc
  .array(fc.oneof(some, fc.integer({ min: 0, max: 0x10ffff })))
  .map((points) => String.fromCodePoint(...points));

function isDangerous(character: string): boolean {
  const point = character.codePointAt(0) ?? 0;
  return dangerous.some(([, from, to]) => point >= from && point <= to);
}

describe('a printed string', () => {
  test.each(dangerous)('has no character of %s', (_, from, to) => {
    for (let point = from; point <= to; point++) {
      const shown = printable(`a${String.fromCodePoint(point)}b`);
      expect([point, shown]).toEqual([
        point,
        expect.stringMatching(/^a\\(?:[nrt]|u[0-9a-f]{4}(?:\\u[0-9a-f]{4})?)b$/),
      ]);
    }
  });

  test('never has one of them, and is stable if escaped twice', () => {
    fc.assert(
      fc.property(text, (any) => {
        const shown = printable(any);
        expect([...shown].filter(isDangerous)).toEqual([]);
        expect(printable(shown)).toBe(shown);
        expect([...printableLines(any)].filter(isDangerous).join('')).toMatch(/^\n*$/);
      }),
    );
  });

  test('is the string itself if that is plain', () => {
    for (const plain of ['db', 'Jürgen', '日本語', 'naïve café', '🙂', 'a "quoted" \\ path', ''])
      expect(printable(plain)).toBe(plain);
  });

  test('JSON stays JSON with the same meaning, in one line and in many', () => {
    fc.assert(
      fc.property(text, (any) => {
        for (const indent of [undefined, 2]) {
          const value = { [any]: [any, 1, { inside: any }] };
          const json = printableLines(JSON.stringify(value, undefined, indent));
          expect(JSON.parse(json)).toEqual(value);
        }
      }),
    );
  });
});

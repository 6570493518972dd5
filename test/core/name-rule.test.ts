import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { matchesPattern, ruleFor } from '../../src/core/name-rule.ts';
import { parseDriverName } from '../../src/core/names.ts';

describe('a pattern of names', () => {
  test.each<[string, string, boolean]>([
    ['db-*', 'db-1', true],
    ['db-*', 'db-', true],
    ['db-*', 'db', false],
    ['db-*', 'my-db-1', false],
    ['*', 'anything', true],
    ['*-log', 'web-log', true],
    ['*-log', 'web-log-2', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['web-?', 'web-1', true],
    ['web-?', 'web-', false],
    ['web-?', 'web-12', false],
    ['?*', 'x', true],
    ['db', 'db', true],
    ['db', 'DB', false],
    ['a.c', 'abc', false],
    ['a**', 'a', true],
  ])('%s and %s: %s', (pattern, name, matches) => {
    expect(matchesPattern(name, pattern)).toBe(matches);
  });

  test('matches like a regular expression', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 6 });
    const name = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, name, (signs, text) => {
        const expected = new RegExp(`^${signs.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(text);
        expect(matchesPattern(text, signs)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  test('is fast with any number of stars', () => {
    expect(matchesPattern('a'.repeat(200), `${'a*'.repeat(90)}b`)).toBe(false);
  });

  test('the first matching rule applies', () => {
    const [gold, silver] = ['gold', 'silver'].map(parseDriverName);
    if (!gold || !silver) throw new Error('two names');
    const rules = [
      { match: 'db-*', member: gold },
      { match: '*', member: silver },
    ];
    expect(ruleFor('db-1', rules)?.member).toBe('gold');
    expect(ruleFor('web', rules)?.member).toBe('silver');
    expect(ruleFor('web', rules.slice(0, 1))).toBeUndefined();
  });
});

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Usage } from '../../../src/core/usage.ts';
import { type Asked, createUsageTable } from '../../../src/driver/usage/table.ts';

const fill = {
  usedBytes: fc.maxSafeNat(),
  sizeBytes: fc.maxSafeNat(),
  usedInodes: fc.nat(),
  inodes: fc.nat(),
};
const usage: fc.Arbitrary<Usage> = fc.record(
  {
    ...fill,
    of: fc.constantFrom('volume', 'share', 'root'),
    isAtLeast: fc.constant(true),
    room: fc.record(
      { ...fill, of: fc.constantFrom('share', 'root'), place: fc.string() },
      { requiredKeys: ['of', 'place'], noNullPrototype: true },
    ),
    measuredAt: fc.nat(4e12),
  },
  { requiredKeys: ['of', 'measuredAt'], noNullPrototype: true },
);
const asked: fc.Arbitrary<Asked> = fc.record(
  {
    usage: fc.option(usage, { nil: undefined }),
    at: fc.nat(4e12),
    took: fc.double({ min: 0, noNaN: true }),
  },
  { noNullPrototype: true },
);
const change = fc.record({
  key: fc.constantFrom(...'abcdefghij'),
  asked: fc.option(asked, { nil: undefined }),
});

test('a table has what a map would have, figures that are absent included', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const [table, map] = [createUsageTable(), new Map<string, Asked>()];
      for (const { key, asked: one } of changes) {
        if (one === undefined) {
          table.delete(key);
          map.delete(key);
        } else {
          table.set(key, one);
          map.set(key, one);
        }
        expect(table.size).toBe(map.size);
      }
      expect([...table.keys()].sort()).toEqual([...map.keys()].sort());
      for (const key of 'abcdefghijk') expect(table.get(key)).toStrictEqual(map.get(key));
    }),
  );
});

test('what was measured of 10,000 volumes takes less than 2 MB of numbers, and places of deleted ones are used again', () => {
  const table = createUsageTable();
  const before = process.memoryUsage().arrayBuffers;
  for (let round = 0; round < 3; round += 1) {
    for (let index = 0; index < 10_000; index += 1)
      table.set(`${round}/${index}`, { usage: undefined, at: index, took: 1 });
    for (let index = 0; index < 10_000; index += 1) if (round < 2) table.delete(`${round}/${index}`);
  }
  expect(table.size).toBe(10_000);
  expect(table.get('2/9999')).toEqual({ usage: undefined, at: 9999, took: 1 });
  // Arrays that were outgrown may still be counted.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 << 20);
});

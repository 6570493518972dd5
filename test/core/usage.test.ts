import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type FillLevel, fillLevels, levelAfter, percentUsed } from '../../src/core/usage.ts';

describe('per cent', () => {
  test('are of the bytes or of the inodes, whichever is fuller', () => {
    expect(percentUsed({ usedBytes: 50, sizeBytes: 100, usedInodes: 9, inodes: 10 })).toBe(90);
    expect(percentUsed({ usedBytes: 50, sizeBytes: 100 })).toBe(50);
    expect(percentUsed({ usedBytes: 100, sizeBytes: 100, usedInodes: 1, inodes: 10 })).toBe(100);
  });
  test.each([{}, { usedBytes: 5 }, { sizeBytes: 5 }, { usedBytes: 5, sizeBytes: 0 }, { usedInodes: 3 }])(
    'of %j are unknown, and not 0',
    (fill) => {
      expect(percentUsed(fill)).toBeUndefined();
    },
  );
});

describe('the reported level', () => {
  const told = (percents: readonly number[]): readonly FillLevel[] => {
    let level: FillLevel = 0;
    return percents.flatMap((percent) => {
      const before = level;
      level = levelAfter(before, percent);
      return level > before ? [level] : [];
    });
  };

  test('is each of 80, 90 and 100, once', () => {
    expect(told([10, 79, 80, 81, 89, 90, 95, 99, 100, 100])).toEqual([80, 90, 100]);
    expect(told([100])).toEqual([100]);
  });
  test('is reported again once the use was well below it, not if it only wavers', () => {
    expect(told([80, 79, 80, 76, 80, 75, 80])).toEqual([80]);
    expect(told([80, 74, 80])).toEqual([80, 80]);
    expect(told([100, 96, 100, 94, 100])).toEqual([100, 100]);
    expect(told([95, 84, 90])).toEqual([90, 90]);
  });
  test('is reported at most once each time the use passes through the slack below it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100 })), (percents) => {
        const levels = told(percents);
        for (const level of fillLevels) {
          const rises = percents.reduce<{ readonly armed: boolean; readonly count: number }>(
            ({ armed, count }, percent) => {
              if (percent >= level) return { armed: false, count: count + (armed ? 1 : 0) };
              return { armed: armed || percent < level - 5, count };
            },
            { armed: true, count: 0 },
          );
          expect(levels.filter((one) => one === level).length).toBeLessThanOrEqual(rises.count);
        }
        if (percents.some((percent) => percent >= 80)) expect(levels.length).toBeGreaterThan(0);
      }),
    );
  });
});

import { describe, expect, test } from '@jest/globals';
import { bounds, judge } from './judge.ts';
import type { Results } from './results.ts';

function run(ratios: Readonly<Record<string, readonly number[]>>): Results {
  const rows = Object.entries(ratios).map(([name, each]) => ({
    table: 'Mounting',
    name,
    p50: 1,
    p95: 1,
    ratios: [...each],
  }));
  return { node: 'v20', rows };
}

const ten = (middle: number, spread: number) =>
  Array.from({ length: 10 }, (_, index) => middle + ((index - 4.5) / 4.5) * spread);

describe('two runs of the benchmark', () => {
  test('bounds leave out one of ten values at each end, and need six values', () => {
    expect(bounds([9, 1, 2, 3, 4, 5, 6, 7, 8, 0])).toEqual({ low: 1, high: 8 });
    expect(bounds([1, 2, 3, 4, 5, 6])).toEqual({ low: 1, high: 6 });
    expect(bounds([1, 2, 3, 4, 5])).toEqual({ low: -Infinity, high: Infinity });
    expect(bounds([])).toEqual({ low: -Infinity, high: Infinity });
  });

  test('a change counts only beyond the noise of both', () => {
    const before = run({ Mount: ten(2, 0.2), Unmount: ten(2, 0.2), Get: ten(2, 0.2), gone: [1] });
    const after = run({ Mount: ten(1.5, 0.2), Unmount: ten(2.6, 0.2), Get: ten(2.1, 0.2), new: [1] });
    expect(judge(before, after).map(({ name, verdict }) => [name, verdict])).toEqual([
      ['Mount', 'faster'],
      ['Unmount', 'slower'],
      ['Get', 'within noise'],
    ]);
  });
});

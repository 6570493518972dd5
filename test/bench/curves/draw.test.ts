import { describe, expect, test } from '@jest/globals';
import { drawCurves } from './draw.ts';

const curves = new Map([
  [
    'Get',
    [
      [1, 20],
      [100, 20],
      [10_000, 40],
    ] as const,
  ],
  [
    'Create',
    [
      [1, 2000],
      [100, 2000],
      [10_000, 2100],
    ] as const,
  ],
]);
const picture = drawCurves(curves, 'Latency', 'volumes');
const pathOf = (index: number) =>
  [...picture.matchAll(/points="([^"]+)"/g)][index]?.[1]
    ?.split(' ')
    .map((point) => point.split(',').map(Number));

describe('a picture of curves', () => {
  test('has both axes logarithmic, and every point inside them', () => {
    for (const path of [pathOf(0), pathOf(1)]) {
      const [first, middle, last] = path ?? [];
      expect(middle?.[0]).toBeCloseTo(((first?.[0] ?? 0) + (last?.[0] ?? 0)) / 2, 0);
      for (const [x = 0, y = 0] of path ?? []) {
        expect(x).toBeGreaterThanOrEqual(70);
        expect(x).toBeLessThanOrEqual(530);
        expect(y).toBeGreaterThanOrEqual(44);
        expect(y).toBeLessThanOrEqual(330);
      }
    }
  });

  test('shows longer times higher, and the units', () => {
    const [top, bottom] = [pathOf(0), pathOf(1)].map((path) => path?.[0]?.[1] ?? 0);
    expect(top).toBeLessThan(bottom ?? 0);
    for (const text of ['10 µs', '1 ms', '10,000', 'volumes', '>Get<', '>Create<'])
      expect(picture).toContain(text);
  });

  test('labels never cover each other', () => {
    const near = drawCurves(
      new Map([
        [
          'a',
          [
            [1, 100],
            [10, 100],
          ],
        ],
        [
          'b',
          [
            [1, 101],
            [10, 101],
          ],
        ],
      ]),
      '',
      '',
    );
    const at = [...near.matchAll(/<text x="538" y="([\d.]+)"/g)].map(([, y]) => Number(y));
    expect(Math.abs((at[1] ?? 0) - (at[0] ?? 0))).toBeGreaterThanOrEqual(16);
  });
});

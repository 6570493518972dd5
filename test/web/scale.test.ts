import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decades, linear, linesOf, logarithmic, summaryOf } from '../../src/web/scale.ts';

const value = fc.double({ min: 0, max: 1e6, noNaN: true });
const values = fc.array(fc.option(value), { maxLength: 30 });

test('values are drawn within the plot, greater ones higher', () => {
  fc.assert(
    fc.property(values, (all) => {
      const ticks = decades([{ name: 'a', values: all }]);
      expect(ticks.length).toBeGreaterThan(1);
      for (const scale of [linear(0, 100), logarithmic(ticks[0] ?? 1, ticks.at(-1) ?? 1)]) {
        const known = all.filter((one) => one !== null).sort((a, b) => a - b);
        const drawn = known.map(scale);
        for (const place of drawn) expect(place >= 0 && place <= 1).toBe(true);
        expect([...drawn].sort((a, b) => a - b)).toEqual(drawn);
      }
    }),
  );
});

test('a gap ends a line, and no point is lost', () => {
  const at = (x: number, y: number) => ({ x, y });
  expect(linesOf([null, 1, 2, null, 3], at)).toEqual([[at(1, 1), at(2, 2)], [at(4, 3)]]);
  fc.assert(
    fc.property(values, (all) => {
      const points = linesOf(all, at).flat();
      expect(points.map(({ y }) => y)).toEqual(all.filter((one) => one !== null));
    }),
  );
});

test('the figures of a line are its latest, lowest and highest', () => {
  expect(summaryOf({ name: 'a', values: [3, null, 1, 2, null] })).toEqual({
    latest: 2,
    lowest: 1,
    highest: 3,
  });
  expect(summaryOf({ name: 'a', values: [null] })).toEqual({
    latest: undefined,
    lowest: undefined,
    highest: undefined,
  });
});

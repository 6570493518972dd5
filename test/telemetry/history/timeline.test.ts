import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createTimeline } from '../../../src/telemetry/history/timeline.ts';

test('keeps the newest steps, with null for missing values', () => {
  const timeline = createTimeline({ steps: 3, series: 2 });
  timeline.put('a', 1);
  for (const time of [10, 20, 30, 40]) {
    timeline.step(time);
    if (time !== 30) timeline.put('a', time);
    if (time > 20) timeline.put('b', -time);
  }
  timeline.put('c', 5);
  expect(timeline.times()).toEqual([20, 30, 40]);
  expect(timeline.keys()).toEqual(['a', 'b']);
  expect(timeline.values('a')).toEqual([20, null, 40]);
  expect(timeline.values('b')).toEqual([null, -30, -40]);
  expect(timeline.values('c')).toEqual([null, null, null]);
});

test('forgets series to make room for others', () => {
  const timeline = createTimeline({ steps: 2, series: 1 });
  timeline.step(1);
  timeline.put('a', 1);
  timeline.keep(new Set(['b']));
  timeline.put('b', 2);
  expect(timeline.keys()).toEqual(['b']);
});

test('does not grow, whatever values are set', () => {
  const puts = fc.array(fc.tuple(fc.boolean(), fc.string({ maxLength: 2 }), fc.nat(1000)), {
    maxLength: 300,
  });
  fc.assert(
    fc.property(
      puts,
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 5 }),
      (list, steps, series) => {
        const timeline = createTimeline({ steps, series });
        for (const [isStep, key, value] of list) isStep ? timeline.step(value) : timeline.put(key, value);
        const { length } = timeline.times();
        expect(length).toBeLessThanOrEqual(steps);
        expect(timeline.keys().length).toBeLessThanOrEqual(series);
        for (const key of timeline.keys()) expect(timeline.values(key)).toHaveLength(length);
      },
    ),
  );
});

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { callCounts, latencyBetween } from '../../../src/telemetry/history/latency.ts';
import { createDurations } from '../../../src/telemetry/metrics/tally.ts';

const labels = ['driver', 'verb', 'outcome'];

test('covers the calls since the previous time, over all drivers and outcomes', () => {
  const calls = createDurations(labels);
  for (let count = 0; count < 100; count += 1) calls.observe(['gold', 'mount', 'ok'], 100);
  const before = callCounts(calls.samples());
  calls.observe(['gold', 'mount', 'ok'], 0.02);
  calls.observe(['shared', 'mount', 'timeout'], 0.02);
  const after = callCounts(calls.samples());
  // Between the bounds 0.01 and 0.025 s.
  expect(latencyBetween(before, after, 'mount')).toEqual({ count: 2, p50: 17.5, p95: 24.25 });
  expect(latencyBetween(after, after, 'mount')).toEqual({ count: 0 });
  expect(latencyBetween(before, after, 'create')).toEqual({ count: 0 });
});

test('is the last bound for a call beyond it', () => {
  const calls = createDurations(labels);
  calls.observe(['gold', 'mount', 'ok'], 500);
  const latency = latencyBetween(new Map(), callCounts(calls.samples()), 'mount');
  expect(latency).toEqual({ count: 1, p50: 120_000, p95: 120_000 });
});

test('is within the bucket of the call that it represents', () => {
  const seconds = fc.array(fc.double({ min: 0.0001, max: 119, noNaN: true }), {
    minLength: 1,
    maxLength: 50,
  });
  fc.assert(
    fc.property(seconds, (durations) => {
      const calls = createDurations(labels);
      for (const duration of durations) calls.observe(['d', 'get', 'ok'], duration);
      const { count, p50 = 0, p95 = 0 } = latencyBetween(new Map(), callCounts(calls.samples()), 'get');
      expect(count).toBe(durations.length);
      expect(p50).toBeLessThanOrEqual(p95);
      // Each bucket's bound is at most three times the one below it (10 and 30), usually at most 2.5 times.
      const longest = Math.max(...durations) * 1000;
      expect(p95).toBeLessThanOrEqual(Math.max(1, 3 * longest));
    }),
  );
});

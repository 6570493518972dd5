import { afterEach, expect, test } from '@jest/globals';
import { parseVolumeName } from '../../../src/core/names.ts';
import type { Usage } from '../../../src/core/usage.ts';
import { createHistory, type History } from '../../../src/telemetry/history/create-history.ts';
import type { ReadVolume } from '../../../src/telemetry/metrics/driver-readings.ts';
import { createDurations } from '../../../src/telemetry/metrics/tally.ts';

let history: History | undefined;
afterEach(() => history?.stop());

function view(name: string, usage: Partial<Usage>): ReadVolume {
  const options = {};
  const volume = { name: parseVolumeName(name), id: name, options, given: options, createdAt: '' };
  return { volume, holders: [], usage: { of: 'volume', measuredAt: 0, ...usage } };
}

function historyOf(views: () => Iterable<ReadVolume>) {
  let now = Date.parse('2026-01-01T00:00:00Z');
  const calls = createDurations(['driver', 'verb', 'outcome']);
  const driver = { name: 'gold', views };
  const parts = { calls: () => calls.samples(), drivers: () => [driver], now: () => (now += 1000) };
  history = createHistory(parts);
  return { ...history, calls };
}

test('has a value for each time, and the last one is now', async () => {
  let usedBytes = 10;
  const { sample, read, calls } = historyOf(() => [view('db', { usedBytes, sizeBytes: 100 })]);
  calls.observe(['gold', 'mount', 'ok'], 0.02);
  await sample();
  usedBytes = 95;
  calls.observe(['gold', 'get', 'ok'], 0.0005);
  const { times, latency, fullness } = await read();
  expect(times).toHaveLength(2);
  expect(latency).toMatchObject([
    { verb: 'mount', count: [1, 0], p95: [expect.any(Number), null] },
    { verb: 'get', count: [0, 1], p50: [null, expect.any(Number)] },
  ]);
  expect(fullness).toEqual([{ driver: 'gold', of: 'volume', volume: 'db', percent: [10, 95] }]);
});

test('lists a file system that volumes share once, and nothing without a limit', async () => {
  const room = { of: 'root', place: '/srv', usedBytes: 1, sizeBytes: 2 } as const;
  const { read } = historyOf(() => [
    view('a', { usedBytes: 1, room }),
    view('b', { usedBytes: 1, room }),
    view('c', { usedBytes: 1 }),
    view('s', { of: 'share', usedBytes: 1, sizeBytes: 4 }),
  ]);
  expect((await read()).fullness).toEqual([
    { driver: 'gold', of: 'root', place: '/srv', percent: [50] },
    { driver: 'gold', of: 'share', percent: [25] },
  ]);
});

test('keeps a day of the fullest 20, out of any number of volumes that come and go', async () => {
  let round = 0;
  const many = () =>
    Array.from({ length: 200 }, (_, index) =>
      view(`v${round}-${index}`, { usedBytes: (index * 7 + round) % 101, sizeBytes: 100 }),
    );
  const { sample, read } = historyOf(many);
  for (round = 0; round < 400; round += 1) await sample();
  const { times, fullness } = await read();
  expect(times).toHaveLength(289);
  expect(fullness.length).toBeLessThanOrEqual(40);
  for (const { percent } of fullness) expect(percent).toHaveLength(289);
});

test('lets other work run while it checks many volumes', async () => {
  let turns = 0;
  const other = setInterval(() => (turns += 1), 0);
  const { sample } = historyOf(function* () {
    for (let index = 0; index < 5000; index += 1) yield view(`v${index}`, { usedBytes: 1, sizeBytes: 2 });
  });
  await sample();
  clearInterval(other);
  expect(turns).toBeGreaterThan(0);
});

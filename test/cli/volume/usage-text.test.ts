import { expect, test } from '@jest/globals';
import { ageText, usageLines } from '../../../src/cli/volume/usage-text.ts';

const now = Date.parse('2026-01-01T00:10:00Z');
const measuredAt = '2026-01-01T00:09:48Z';

test('shows usage, size and time of the measurement', () => {
  const usage = {
    of: 'volume',
    usedBytes: 5 << 20,
    sizeBytes: 10 << 20,
    usedInodes: 3,
    inodes: 100,
    measuredAt,
  };
  expect(usageLines({ usage }, now)).toEqual(['5MiB of 10MiB (50 %), 3 of 100 inodes', 'measured 12 s ago']);
});
test('shows a count that ended early, and the shared space', () => {
  const room = { of: 'share', place: 'nfs.example:/srv', usedBytes: 9 << 20, sizeBytes: 10 << 20 };
  const usage = { of: 'volume', usedBytes: 5 << 20, usedInodes: 3, isAtLeast: true, room, measuredAt };
  expect(usageLines({ usage }, now)).toEqual([
    'at least 5MiB, 3 inodes',
    'share nfs.example:/srv: 9MiB of 10MiB (90 %)',
    'measured 12 s ago',
  ]);
});
test('says when the figures are those of the whole share', () => {
  const usage = { of: 'share', usedBytes: 9 << 20, sizeBytes: 10 << 20, measuredAt };
  expect(usageLines({ usage }, now)[0]).toBe('9MiB of 10MiB (90 %), of the whole share');
});
test('shows unknown figures as unknown, not as 0', () => {
  expect(usageLines({}, now)).toEqual(['unknown: not measured since the daemon started']);
  const usage = { of: 'volume', sizeBytes: 10 << 20, measuredAt };
  expect(usageLines({ usage }, now)[0]).toBe('unknown, of 10MiB');
});
test.each([
  ['2026-01-01T00:10:05Z', '0 s ago'],
  ['2026-01-01T00:09:00Z', '60 s ago'],
  ['2025-12-31T23:10:00Z', '60 min ago'],
  ['2025-12-31T00:10:00Z', '24 h ago'],
  ['2025-12-01T00:10:00Z', '31 d ago'],
  ['nonsense', 'at an unknown time'],
])('%s is %s', (time, words) => {
  expect(ageText(time, now)).toBe(words);
});

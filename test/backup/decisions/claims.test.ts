import { describe, expect, test } from '@jest/globals';
import {
  claimBefore,
  claimBound,
  claimsIn,
  claimTags,
  madeSince,
} from '../../../src/backup/decisions/claims.ts';
import type { ResticSnapshot } from '../../../src/backup/restic/answers.ts';

const now = Date.parse('2026-01-02T03:04:05Z');
const [low, high] = ['0'.repeat(16), 'f'.repeat(16)];
const snapshot = (run: string, at: number, plan = 'nightly'): ResticSnapshot => ({
  ...{ id: 'x', time: '', hostname: `host-${run[0]}` },
  tags: claimTags(plan, { run, at, volumes: new Set(['gold/db']) }),
});
const claims = (...all: readonly ResticSnapshot[]) => claimsIn('nightly', all, now);

describe('a claim', () => {
  test('counts for its plan, as long as it was renewed', () => {
    expect(claims(snapshot(low, now), snapshot(high, now, 'other'))).toHaveLength(1);
    expect(claims(snapshot(low, now - claimBound))).toEqual([]);
    expect(claims(snapshot(low, now - claimBound), snapshot(low, now - 1))).toHaveLength(1);
    expect(claims(snapshot(low, now + claimBound))).toEqual([]);
  });
  test('that nobody of us could have written does not count', () => {
    const { tags } = snapshot(low, now);
    for (const spoilt of [`run=${low}`, `at=${now}`, 'kind=claim'])
      expect(claims({ ...snapshot(low, now), tags: tags.filter((tag) => tag !== spoilt) })).toEqual([]);
  });
  test('comes first if it was seen before ours, else if its run is lower: for both sides the same one', () => {
    const both = claims(snapshot(low, now), snapshot(high, now));
    expect(claimBefore(both, 'gold/db', undefined)?.run).toBe(low);
    expect(claimBefore(both, 'gold/db', low)).toBeUndefined();
    expect(claimBefore(both, 'gold/db', high)?.run).toBe(low);
    expect(claimBefore(both, 'gold/web', high)).toBeUndefined();
  });
});

test('a backup of the future, of a clock that was wrong, is not that of this run', () => {
  const wanted = { plan: 'nightly', driver: 'gold', volume: 'db', since: now - 3600_000, now };
  const at = (time: number) => [
    {
      ...{ id: low, repository: 'nas', plan: 'nightly', driver: 'gold', volume: 'db', host: 'a' },
      ...{ createdAt: new Date(time).toISOString(), consistency: 'frozen' as const },
      ...{ entries: 1, bytes: 1, unsettled: 0, data: 'x', manifest: 'y' },
    },
  ];
  for (const time of [now - 3600_000, now, now + claimBound / 2])
    expect(madeSince(at(time), wanted)).toBeDefined();
  for (const time of [now - 3600_001, now + claimBound, now + 1e12])
    expect(madeSince(at(time), wanted)).toBeUndefined();
});

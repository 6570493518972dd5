import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createHolds } from '../../../src/backends/shared/hold.ts';
import {
  decidePurge,
  decideRemoval,
  isDueAtOnce,
  type KeptData,
  removals,
} from '../../../src/backends/shared/removal-decisions.ts';

const day = 86_400_000;
const now = Date.parse('2026-01-02T00:00:00.000Z');

function at(uptime: number) {
  return createHolds(() => ({ boot: 'b', uptime }), day);
}

describe('a removal', () => {
  test.each(removals)('by %s never deletes adopted data, nor moves it to the trash', (onRemove) => {
    const decided = decideRemoval({ onRemove, retention: day, holds: at(0), now }, 'adopted');
    expect(decided.kept).toBe('adopted');
    expect(isDueAtOnce(decided)).toBe(false);
  });

  test('that retains never expires; one that deletes expires at once', () => {
    const decide = (onRemove: 'retain' | 'delete' | 'trash') =>
      decideRemoval({ onRemove, retention: day, holds: at(5), now }, 'owned');
    const removedAt = '2026-01-02T00:00:00.000Z';
    expect(decide('retain')).toEqual({ removedAt, kept: 'in-place' });
    expect(decide('delete')).toMatchObject({ removedAt, kept: 'trash', purgeAfter: removedAt });
    expect(decide('trash')).toEqual({
      removedAt,
      kept: 'trash',
      purgeAfter: '2026-01-03T00:00:00.000Z',
      hold: { left: day, boot: 'b', uptime: 5 },
    });
  });
});

const removal = fc.record(
  {
    kept: fc.constantFrom<KeptData>('trash', 'in-place', 'adopted'),
    purgeAfter: fc.integer({ min: -2, max: 2 }).map((days) => new Date(now + days * day).toISOString()),
    hold: fc.record({
      left: fc.integer({ min: 0, max: day }),
      boot: fc.constantFrom('a', 'b'),
      uptime: fc.integer({ min: 0, max: 2 * day }),
    }),
    isSealed: fc.boolean(),
    isBare: fc.boolean(),
  },
  { requiredKeys: ['kept', 'isSealed', 'isBare'] },
);

describe('a purge', () => {
  test('deletes nothing that is retained, has no valid checksum, or has not expired by the clock and by observed time', () => {
    fc.assert(
      fc.property(removal, fc.integer({ min: 0, max: 3 * day }), (found, uptime) => {
        const holds = at(uptime);
        const { isDue } = decidePurge({ key: 'k', ...found }, { holds, retention: day, now });
        if (!isDue) return;
        expect(found.kept).not.toBe('in-place');
        expect(found.isSealed).toBe(true);
        expect(found.hold && holds.left('k', found.hold)).toBe(0);
        expect(Date.parse(found.purgeAfter ?? '')).toBeLessThanOrEqual(now);
      }),
    );
  });

  test('keeps a record without a checksum for the whole retention from now on', () => {
    fc.assert(
      fc.property(removal, (found) => {
        fc.pre(
          found.kept !== 'in-place' && !found.isSealed && (found.isBare || found.purgeAfter !== undefined),
        );
        const decision = decidePurge({ key: 'k', ...found }, { holds: at(7), retention: day, now });
        expect(decision.note).toEqual({
          purgeAfter: new Date(now + day).toISOString(),
          hold: { left: day, boot: 'b', uptime: 7 },
        });
      }),
    );
  });
});

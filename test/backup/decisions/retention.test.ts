import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { superfluous } from '../../../src/backup/decisions/retention.ts';
import type { Proof } from '../../../src/core/protect/backup.ts';

const day = 86_400_000;
const start = Date.UTC(2026, 0, 1, 3);
const good: Proof = { at: '2026-01-01T00:00:00Z', outcome: 'good', extent: 'whole' };
const bad: Proof = { ...good, outcome: 'bad' };
const made = (days: number, proof?: Proof) => ({
  createdAt: new Date(start + days * day).toISOString(),
  ...(proof && { proof }),
});
/** Later than all of them. */
const now = start + 1000 * day;
const daysOf = (found: readonly { createdAt: string }[]) =>
  found.map(({ createdAt }) => (Date.parse(createdAt) - start) / day).sort((a, b) => a - b);

test('without rules, or before one is proven, nothing goes', () => {
  const many = Array.from({ length: 9 }, (_, index) => made(index));
  expect(superfluous(many, { keepLast: 1 }, now)).toEqual([]);
  expect(superfluous([...many, made(10, good)], {}, now)).toEqual([]);
});

test('the newest of each period stay', () => {
  const many = Array.from({ length: 40 }, (_, index) => made(index, good));
  expect(daysOf(superfluous(many, { keepLast: 2 }, now))).toEqual(
    Array.from({ length: 38 }, (_, index) => index),
  );
  const left = many.filter((one) => !superfluous(many, { keepDaily: 3, keepMonthly: 2 }, now).includes(one));
  expect(daysOf(left)).toEqual([30, 37, 38, 39]);
  const weekly = many.filter((one) => !superfluous(many, { keepWeekly: 2 }, now).includes(one));
  // The second of February 2026 is a Monday.
  expect(daysOf(weekly)).toEqual([38, 39]);
});

test('one that is not proven, or bad, never takes the place of a proven one', () => {
  const backups = [made(0, good), made(1, good), made(2), made(3, bad), made(4)];
  expect(daysOf(superfluous(backups, { keepLast: 2 }, now))).toEqual([]);
  expect(daysOf(superfluous([...backups, made(5, good)], { keepLast: 2 }, now))).toEqual([0, 2, 3]);
});

test('one of the future, of a clock that was wrong, neither goes nor takes the place of another', () => {
  const backups = [0, 1, 2, 3, 4000, 4001, 4002].map((days) => made(days, good));
  expect(daysOf(superfluous(backups, { keepLast: 2, keepDaily: 3 }, now))).toEqual([0]);
  expect(superfluous(backups, { keepLast: 1 }, start - day)).toEqual([]);
});

test('the last one of an earlier volume of the same name stays for a while, proven or not', () => {
  const of = (volumeId: string, days: number, proof?: Proof) => ({ ...made(days, proof), volumeId });
  const earlier = [of('1', 0, good), of('1', 1, good), of('1', 2), of('1', 3, bad)];
  const later = [made(4, good), made(5, good)];
  const all = [...earlier, ...later, of('2', 6, good), of('2', 7, good), of('2', 8, good)];
  const at = (days: number) => daysOf(superfluous(all, { keepLast: 2 }, start + days * day));
  // One of an earlier version of Holdfast does not say of which volume it is.
  expect(at(9)).toEqual([0, 3, 4, 6]);
  expect(at(91.5)).toEqual([0, 1, 3, 4, 6]);
  expect(at(100)).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test('whatever there is, the latest proven one stays, and all that is newer', () => {
  const proof = fc.constantFrom(undefined, good, bad);
  const backup = fc.tuple(fc.nat(800), proof).map(([days, found]) => made(days, found));
  const count = fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined });
  const rules = fc.record({
    keepLast: count,
    keepDaily: count,
    keepWeekly: count,
    keepMonthly: count,
    keepYearly: count,
  });
  fc.assert(
    fc.property(fc.array(backup), rules, (backups, kept) => {
      const gone = superfluous(backups, kept, now);
      const proven = backups.filter((one) => one.proof?.outcome === 'good').map(({ createdAt }) => createdAt);
      const latest = proven.toSorted().at(-1);
      for (const one of gone) expect(latest !== undefined && one.createdAt < latest).toBe(true);
      const left = backups.filter((one) => !gone.includes(one) && one.proof?.outcome === 'good');
      if (kept.keepLast !== undefined)
        expect(left.length).toBeGreaterThanOrEqual(Math.min(kept.keepLast, proven.length));
    }),
  );
});

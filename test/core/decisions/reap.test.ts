import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decideReap, type ReapFacts } from '../../../src/core/decisions/reap.ts';
import type { LedgerEntry } from '../../../src/core/mount-ledger.ts';
import { type MountId, parseMountId, parseVolumeName } from '../../../src/core/names.ts';

const volume = { name: parseVolumeName('db'), id: '1', options: {}, given: {}, createdAt: '' };
const seen = { device: '8:1', inode: '2' };
const minute = 60_000;

function entry(kind?: 'client' | 'operator', lastMount = 0): LedgerEntry {
  const holders = new Map<MountId, { kind: 'client' | 'operator'; at: number; mounts: number }>();
  if (kind) holders.set(parseMountId('a'), { kind, at: lastMount, mounts: 1 });
  return { volume, seen, holders, lastMount };
}

const { seen: _, ...unfinished } = entry('client');

const base: ReapFacts = {
  entry: entry('client'),
  use: 'unused',
  lastSeenUsed: 0,
  now: 10 * minute,
  grace: 10 * minute,
  linger: 30_000,
};

describe('what the reaper does', () => {
  test.each<[string, Partial<ReapFacts>, string]>([
    ['a holder unused for the grace period is dropped', {}, 'drop-holders'],
    ['a holder unused for a shorter time is kept', { now: 10 * minute - 1 }, 'keep'],
    ['a holder last seen in use within the grace period is kept', { lastSeenUsed: 1 }, 'keep'],
    ['a holder in use is kept at any age', { use: 'used', now: 1e12 }, 'keep'],
    ['an operator is kept at any age', { entry: entry('operator'), now: 1e12 }, 'keep'],
    ['a holder is kept if processes are hidden', { use: 'hidden', now: 1e12 }, 'keep'],
    [
      'a held volume that could not be mounted again is tried again',
      { entry: unfinished, now: 1 },
      'restage',
    ],
    [
      'a held volume that could not be mounted again is tried again even if processes are hidden',
      { entry: unfinished, use: 'hidden', now: 1e12 },
      'restage',
    ],
    [
      'a held volume that could not be mounted again is given up after the grace period',
      { entry: unfinished },
      'drop-holders',
    ],
    ['an unheld and unused volume is unmounted', { entry: entry() }, 'unstage'],
    ['an unheld volume is kept a little for a caller that gave up', { entry: entry(), now: 29_999 }, 'keep'],
    ['an unheld volume in use is kept', { entry: entry(), use: 'used' }, 'keep'],
  ])('%s', (_, change, decision) => {
    expect(decideReap({ ...base, ...change })).toBe(decision);
  });

  test('a volume in use is never touched', () => {
    const facts = fc.record({ now: fc.nat(), lastSeenUsed: fc.nat(), grace: fc.nat(), linger: fc.nat() });
    fc.assert(fc.property(facts, (times) => decideReap({ ...base, ...times, use: 'used' }) === 'keep'));
  });
});

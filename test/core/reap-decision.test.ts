import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { LedgerEntry } from '../../src/core/mount-ledger.ts';
import { type MountId, parseMountId, parseVolumeName } from '../../src/core/names.ts';
import { decideReap, type ReapFacts } from '../../src/core/reap-decision.ts';

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
    ['a younger one is kept', { now: 10 * minute - 1 }, 'keep'],
    ['one last seen in use less than the grace period ago is kept', { lastSeenUsed: 1 }, 'keep'],
    ['one in use is kept, however old', { use: 'used', now: 1e12 }, 'keep'],
    ['an operator is kept, however old', { entry: entry('operator'), now: 1e12 }, 'keep'],
    ['a holder is kept where processes are hidden', { use: 'hidden', now: 1e12 }, 'keep'],
    [
      'a holder whose volume could not be mounted again has it tried once more',
      { entry: unfinished, now: 1 },
      'restage',
    ],
    ['so where processes are hidden', { entry: unfinished, use: 'hidden', now: 1e12 }, 'restage'],
    ['but not for ever', { entry: unfinished }, 'drop-holders'],
    ['unheld and unused is taken down', { entry: entry() }, 'unstage'],
    ['unheld waits a little for a caller that gave up', { entry: entry(), now: 29_999 }, 'keep'],
    ['unheld and used waits', { entry: entry(), use: 'used' }, 'keep'],
  ])('%s', (_, change, decision) => {
    expect(decideReap({ ...base, ...change })).toBe(decision);
  });

  test('what is used is never touched', () => {
    const facts = fc.record({ now: fc.nat(), lastSeenUsed: fc.nat(), grace: fc.nat(), linger: fc.nat() });
    fc.assert(fc.property(facts, (times) => decideReap({ ...base, ...times, use: 'used' }) === 'keep'));
  });
});

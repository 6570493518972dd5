import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  filteredRows,
  type SortKey,
  sortedRows,
  usersOf,
  volumeRows,
  windowOf,
} from '../../../src/web/volumes/rows.ts';

const volume = (name: string, more: object = {}) => ({ driver: 'gold', name, holders: [], ...more });
const full = (percent: number) => ({
  usage: { of: 'volume', usedBytes: percent * 1024, sizeBytes: 100 * 1024, measuredAt: '' },
});
const names = (rows: readonly { readonly name: string }[]) => rows.map(({ name }) => name);

test('a volume has its use, its state and who uses it', () => {
  const drained = { driver: 'gold', name: 'db', users: [{ pid: 7, command: 'postgres' }] };
  const [row] = volumeRows([volume('db', { ...full(95), mountpoint: '/m' })], usersOf([drained]));
  expect(row).toMatchObject({
    key: 'gold/db',
    used: '95KiB of 100KiB',
    percent: 95,
    state: 'mounted',
    users: 'process 7 (postgres)',
    marks: [{ level: 'warning', word: '95% full' }],
  });
});

test('an answer of any form becomes rows that the page can show', () => {
  fc.assert(
    fc.property(fc.array(fc.anything()), fc.array(fc.anything()), (volumes, drained) => {
      const rows = volumeRows(volumes, usersOf(drained));
      expect(rows).toHaveLength(volumes.length);
      for (const row of rows)
        expect(row.name + row.driver + row.state + row.users).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }),
  );
});

describe('the list', () => {
  const rows = volumeRows(
    [volume('b', full(90)), volume('a'), volume('c', full(10)), volume('d', { unreadable: 'torn' })],
    new Map(),
  );

  test('puts unknown figures last, in both directions', () => {
    expect(names(sortedRows(rows, { key: 'percent', direction: 'descending' }))).toEqual([
      'b',
      'c',
      'a',
      'd',
    ]);
    expect(names(sortedRows(rows, { key: 'percent', direction: 'ascending' }))).toEqual(['c', 'b', 'a', 'd']);
    expect(names(sortedRows(rows, { key: 'name', direction: 'descending' }))).toEqual(['d', 'c', 'b', 'a']);
  });

  test('keeps volumes with all the words, and only marked ones on request', () => {
    const kept = (text: string, marked = false) => names(filteredRows(rows, { text, marked }));
    expect(kept('')).toHaveLength(4);
    expect(kept('GOLD  unread')).toEqual(['d']);
    expect(kept('', true)).toEqual(['b', 'd']);
    expect(kept('full', true)).toEqual(['b']);
    expect(kept('none')).toEqual([]);
  });

  test('has the same volumes after sorting', () => {
    const keys = fc.constantFrom<SortKey>('name', 'driver', 'percent', 'state', 'users');
    fc.assert(
      fc.property(keys, fc.constantFrom('ascending', 'descending'), (key, direction) => {
        expect(new Set(sortedRows(rows, { key, direction }))).toEqual(new Set(rows));
      }),
    );
  });
});

test('the rows in view are shown, and few others', () => {
  fc.assert(
    fc.property(
      fc.nat(20_000),
      fc.nat(2_000_000),
      fc.integer({ min: 20, max: 900 }),
      (count, top, height) => {
        const { first, end } = windowOf(count, { top, height, row: 48 });
        expect(first).toBeGreaterThanOrEqual(0);
        expect(end).toBeLessThanOrEqual(count);
        expect(end - first).toBeLessThanOrEqual(height / 48 + 14);
        const inView = Math.floor(top / 48);
        if (inView < count) expect(first <= inView && inView < end).toBe(true);
      },
    ),
  );
});

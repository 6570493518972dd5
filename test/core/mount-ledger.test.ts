import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  applyRecord,
  type LedgerEntry,
  type LedgerRecord,
  operatorId,
  recordsOf,
} from '../../src/core/mount-ledger.ts';
import { parseMountId, parseVolumeName } from '../../src/core/names.ts';
import type { Volume } from '../../src/core/volume.ts';

const name = parseVolumeName('db');
const volume: Volume = { name, id: '1', options: {}, given: {}, createdAt: '2026-01-01T00:00:00.000Z' };
const ids = ['a', 'b', 'c', operatorId].map(parseMountId);

const id = fc.constantFrom(...ids);
const at = fc.nat(1_000_000);
const record: fc.Arbitrary<LedgerRecord> = fc.oneof(
  fc.record({ kind: fc.constant('stage' as const), volume: fc.constant(volume), at }),
  fc.record({
    kind: fc.constant('staged' as const),
    name: fc.constant(name),
    seen: fc.record({ device: fc.constant('8:1'), inode: fc.constant('2') }),
  }),
  fc.record({ kind: fc.constant('hold' as const), name: fc.constant(name), id, at, mounts: fc.nat(5) }),
  fc.record({ kind: fc.constant('drop' as const), name: fc.constant(name), id }),
  fc.record({ kind: fc.constant('gone' as const), name: fc.constant(name) }),
);

function replay(records: readonly LedgerRecord[]): LedgerEntry | undefined {
  return records.reduce<LedgerEntry | undefined>(applyRecord, undefined);
}

describe('the ledger', () => {
  test('holders are a set: the same ID twice is one holder', () => {
    const [a] = ids;
    if (a === undefined) throw new Error('no ID');
    const hold = { kind: 'hold', name, id: a, at: 5, mounts: 1 } as const;
    const entry = replay([{ kind: 'stage', volume, at: 1 }, hold, hold, { kind: 'drop', name, id: a }]);
    expect(entry?.holders.size).toBe(0);
  });

  test('an operator is recognised by the ID', () => {
    const entry = replay([
      { kind: 'stage', volume, at: 1 },
      { kind: 'hold', name, id: operatorId, at: 2, mounts: 1 },
    ]);
    expect(entry?.holders.get(operatorId)?.kind).toBe('operator');
  });

  test('staging again keeps the holders, and is unfinished until it is done', () => {
    const entry = replay([
      { kind: 'stage', volume, at: 1 },
      { kind: 'staged', name, seen: { device: '8:1', inode: '2' } },
      { kind: 'hold', name, id: operatorId, at: 2, mounts: 1 },
      { kind: 'stage', volume, at: 3 },
    ]);
    expect(entry?.seen).toBeUndefined();
    expect(entry?.holders.size).toBe(1);
  });

  test('a record applied twice changes nothing more', () => {
    fc.assert(
      fc.property(fc.array(record), record, (before, last) => {
        expect(replay([...before, last, last])).toEqual(replay([...before, last]));
      }),
    );
  });

  test('a snapshot leads to the same entry', () => {
    fc.assert(
      fc.property(fc.array(record), (records) => {
        const entry = replay(records);
        const again = entry && replay(recordsOf(entry));
        expect(again?.holders).toEqual(entry?.holders);
        expect(again?.seen).toEqual(entry?.seen);
        expect(again?.lastMount).toBe(entry?.lastMount);
      }),
    );
  });

  test('no entry is changed: each record makes a new one', () => {
    fc.assert(
      fc.property(fc.array(record), record, (before, next) => {
        const entry = replay(before);
        const copy = structuredClone(entry);
        applyRecord(entry, next);
        expect(entry).toEqual(copy);
      }),
    );
  });
});

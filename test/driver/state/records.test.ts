import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isUnreadable } from '../../../src/core/volume.ts';
import { isLate, parseCatalogRecord, readLate } from '../../../src/driver/state/records.ts';

const usual = {
  name: 'db',
  id: '0123456789abcdef',
  options: { mode: '0750' },
  given: {},
  createdAt: '2026-01-01T00:00:00.000Z',
};
const odd = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    1,
    '',
    '../x',
    'a/b',
    'x'.repeat(201),
    [],
    {},
    { key: 1 },
    { key: 'text' },
  ),
  fc.anything(),
);

/** A volume with a key that no schema has is parsed by the schema alone, because it has an `adoptedOn`. */
function bySchema(volume: object): unknown {
  return parseOrNone({ kind: 'put', volume: { ...volume, adoptedOn: '/disk' } }, (parsed) => ({
    ...parsed,
    adoptedOn: undefined,
  }));
}

function parseOrNone(value: unknown, change: (volume: object) => object = (volume) => volume): unknown {
  try {
    const record = parseCatalogRecord(JSON.stringify(value));
    if (record.kind !== 'put') return record;
    const volume = isLate(record.volume) ? readLate(record.volume) : record.volume;
    return isUnreadable(volume) ? undefined : { ...change(volume) };
  } catch {
    return undefined;
  }
}

test('a usual volume is read as the schema reads it, and nothing else passes for one', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(usual), 'project', 'other'), odd, (key, value) => {
      const volume = { ...usual, [key]: value };
      expect(parseOrNone({ kind: 'put', volume })).toEqual(bySchema(volume));
    }),
    { numRuns: 1000 },
  );
});

test('the last record of a closed catalog is read as the schema reads it', () => {
  const read = (text: string): unknown => {
    try {
      return parseCatalogRecord(text);
    } catch {
      return undefined;
    }
  };
  // With the keys in another order, the schema alone reads it.
  for (const count of ['0', '10000', '-1', '01', '1.5', '"1"', '9'.repeat(15), '9'.repeat(400)])
    for (const sum of ['', ',"sum":"0123abcd"', ',"sum":"0123ABCD"', ',"other":1'])
      expect(read(`{"kind":"end","count":${count}${sum}}`)).toEqual(
        read(`{"count":${count},"kind":"end"${sum}}`),
      );
});

test('a volume whose record is wrong keeps its name, and says that it cannot be read', () => {
  const other = { ...usual, name: 'other' };
  for (const text of [
    JSON.stringify({ kind: 'put', volume: { ...usual, options: 7 } }),
    JSON.stringify({ kind: 'put', volume: usual }).slice(0, -1),
    // The name twice: JSON takes the last.
    JSON.stringify({ kind: 'put', volume: other }).replace(
      '"name":"other","id":"',
      '"name":"db","id":"","name":"other","id":"',
    ),
  ]) {
    const record = parseCatalogRecord(text);
    if (record.kind !== 'put' || !isLate(record.volume)) throw new Error(`not read late: ${text}`);
    expect(record.volume.name).toBe('db');
    expect(readLate(record.volume)).toEqual({ name: 'db', unreadable: expect.stringContaining('volume db') });
  }
});

test('a volume that is gone is read as the schema reads it, and nothing else passes for one', () => {
  const gone = JSON.stringify({ kind: 'delete', name: 'db' });
  expect(parseCatalogRecord(gone)).toEqual({ kind: 'delete', name: 'db' });
  // Keys in another order, and one too many: by the schema.
  for (const text of ['{"name":"db","kind":"delete"}', '{"kind":"delete","name":"db","other":1}'])
    expect(parseCatalogRecord(text)).toEqual({ kind: 'delete', name: 'db' });
  for (const text of [gone.slice(0, -1), `${gone}}`, gone.replace('db', '../db'), gone.replace('db', '')])
    expect(() => parseCatalogRecord(text)).toThrow();
});

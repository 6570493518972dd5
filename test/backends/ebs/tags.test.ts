import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  blankKeys,
  type DiskRecord,
  decodeRecord,
  driverFilters,
  encodeRecord,
  everFilters,
  mostTags,
  nameTag,
  ownKeys,
  presentTags,
  removalKeys,
  removalTags,
  removedFilters,
  restoredKey,
  tokenKey,
} from '../../../src/backends/ebs/tags.ts';
import { parseVolumeName } from '../../../src/core/names.ts';

const db: DiskRecord = {
  driver: 'ebs-gold',
  volume: {
    name: parseVolumeName('db'),
    id: '0123456789abcdef',
    options: { size: '10GiB', type: 'gp3', fsType: 'ext4', mountOptions: 'noatime,discard' },
    given: { size: '10GiB', profile: 'fast lane' },
    createdAt: '2026-01-02T03:04:05.678Z',
  },
  isBlank: true,
};

const text = fc.string({ unit: 'binary', maxLength: 300 });
// No schema's record keeps `__proto__`; no option has that name.
const optionName = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 20 })
  .filter((one) => one !== '__proto__');
const options = fc.dictionary(optionName, text, { maxKeys: 6 });
const time = fc
  .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
const name = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,199}$/).map(parseVolumeName);
const removal = fc.record(
  { removedAt: time, purgeAfter: time, kept: fc.constantFrom('trash', 'in-place', 'adopted') },
  { requiredKeys: ['removedAt', 'kept'] },
);
const volume = fc
  .record({ name, id: fc.stringMatching(/^[0-9a-f]{16}$/), options, asked: options, createdAt: time })
  .map(({ asked, ...rest }) => ({ ...rest, given: { ...asked, ...firstOf(rest.options) } }));
const record = fc.record(
  { driver: name, volume, isBlank: fc.boolean(), removal },
  { requiredKeys: ['driver', 'volume', 'isBlank'] },
);

function firstOf(all: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(all).slice(0, 1));
}

/** Undefined where it is refused for its length. */
function encoded(one: DiskRecord, extra: Readonly<Record<string, string>> = {}) {
  try {
    return encodeRecord(one, extra);
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid', message: expect.stringMatching(/tags.*EC2 takes 50/) });
    return undefined;
  }
}

describe('the record in the tags', () => {
  test('can be read by people', () => {
    expect(encodeRecord(db, { team: 'a' })).toEqual({
      Name: 'db',
      team: 'a',
      'holdfast:driver': 'ebs-gold',
      'holdfast:name': 'db',
      'holdfast:id': '0123456789abcdef',
      'holdfast:created': '2026-01-02T03:04:05.678Z',
      'holdfast:options': 'size=10GiB@type=gp3@fsType=ext4@mountOptions=noatime+2Cdiscard',
      'holdfast:given': 'size@profile=fast+20lane',
      'holdfast:blank': 'true',
      'holdfast:state': 'present',
    });
  });

  test('comes back as it was, whatever the options say', () => {
    fc.assert(
      fc.property(record, (one) => {
        const tags = encoded(one);
        if (tags !== undefined) expect(decodeRecord(tags)).toEqual({ value: one });
      }),
    );
  });

  test("stays inside AWS's limits: 50 tags, 128 and 256 characters, no `aws:` in front, the recommended characters", () => {
    fc.assert(
      fc.property(record, (one) => {
        const tags = Object.entries(encoded(one, { team: 'a' }) ?? {});
        expect(tags.length).toBeLessThanOrEqual(mostTags);
        for (const [key, value] of tags) {
          expect(key).toMatch(/^[\w.:/=+@-]{1,128}$/);
          expect(value).toMatch(/^[\w.:/=+@-]{0,256}$/);
          expect(`${key} ${value}`).not.toMatch(/(^| )aws:/i);
        }
      }),
    );
  });

  test('is refused as a whole when it needs too many tags', () => {
    const huge = { ...db.volume, options: { a: 'x'.repeat(4096), b: 'é'.repeat(2048) } };
    expect(() => encodeRecord({ ...db, volume: huge }, {})).toThrow(/Volume db: .* shorten its options/);
  });

  test('leaves room for what a removal and an undelete add', () => {
    const team = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`team-${at}`, 'x']));
    const most = Array.from({ length: mostTags }, (_, at) => at).findLast((count) => {
      return encoded(db, team(count)) !== undefined;
    });
    expect(most).toBe(36);
    const later = { ...removalTags({ removedAt: 'x', kept: 'trash' }), [tokenKey]: '1', [restoredKey]: 'x' };
    expect(Object.keys({ ...encoded(db, team(36)), ...later })).toHaveLength(mostTags);
  });

  test('lets the tags of the settings win over `Name`, and over nothing of its own', () => {
    const tags = encodeRecord(db, { Name: 'mine', 'holdfast:name': 'other' });
    expect(tags).toMatchObject({ Name: 'mine', 'holdfast:name': 'db' });
  });

  test('is none where there is no driver, as with the EBS volumes of others', () => {
    expect(decodeRecord({ Name: 'db', 'holdfast:name': 'db' })).toBeUndefined();
  });

  test('that is garbage has a reason, and never throws', () => {
    const good = encodeRecord({ ...db, volume: { ...db.volume, options: { a: 'x'.repeat(600) } } }, {});
    const key = fc.oneof(fc.constantFrom(...Object.keys(good)), fc.constant('holdfast:options.4-9'), text);
    const change = fc.tuple(key, fc.option(text, { nil: undefined }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const entries = Object.entries({ ...good, ...Object.fromEntries(changes) });
        const tags = Object.fromEntries(entries.flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])));
        const decoded = decodeRecord(tags);
        if (decoded !== undefined && 'reason' in decoded) expect(decoded.reason).toMatch(/\w/);
      }),
    );
  });

  test.each([
    ['holdfast:name', '../etc', /name: /],
    ['holdfast:id', 'xyz', /id: /],
    ['holdfast:created', 'yesterday', /createdAt: /],
    ['holdfast:state', 'gone', /holdfast:state is neither present nor removed/],
    ['holdfast:options', 'size', /holdfast:options: "size" has no value/],
    ['holdfast:options', 'a=1@a=2', /"a" is there twice/],
    ['holdfast:options', 'a=+ZZ', /cannot be read/],
    ['holdfast:options', 'a=+FF', /cannot be read/],
    ['holdfast:options', 'a=1=2', /cannot be read/],
    ['holdfast:given', 'nonsense', /holdfast:given: "nonsense" is none of the options/],
    ['holdfast:options.1-2', 'a=1', /both whole and in parts/],
  ])('with %s: %p says why it cannot be read', (key, value, reason) => {
    expect(decodeRecord({ ...encodeRecord(db, {}), [key]: value })).toEqual({
      reason: expect.stringMatching(reason),
    });
  });

  test('notices a part that is missing', () => {
    const tags = encodeRecord({ ...db, volume: { ...db.volume, options: { a: 'x'.repeat(600) } } }, {});
    const { 'holdfast:options.2-3': missing, ...rest } = tags;
    expect(missing).toHaveLength(256);
    expect(decodeRecord(rest)).toEqual({ reason: expect.stringMatching(/do not belong together/) });
  });
});

describe('a removal', () => {
  const trashed = {
    removedAt: '2026-01-03T00:00:00Z',
    purgeAfter: '2026-01-04T00:00:00Z',
    kept: 'trash',
  } as const;
  const kept = { removedAt: '2026-02-03T00:00:00Z', kept: 'in-place' } as const;
  const present = encodeRecord(db, {});

  test('is one CreateTags, and so is its undoing', () => {
    const removed = { ...present, ...removalTags(trashed) };
    expect(decodeRecord(removed)).toEqual({ value: { ...db, removal: trashed } });
    expect(decodeRecord({ ...removed, ...presentTags })).toEqual({ value: db });
  });
  test('says nothing of an earlier one', () => {
    const again = { ...present, ...removalTags(trashed), ...presentTags, ...removalTags(kept) };
    expect(decodeRecord(again)).toEqual({ value: { ...db, removal: kept } });
  });
  test('leaves no marks once these keys are gone', () => {
    const tags = { ...present, ...removalTags(trashed), ...presentTags };
    expect(without(tags, removalKeys)).toEqual(present);
  });
  test.each([
    ['holdfast:kept', 'elsewhere'],
    ['holdfast:removed', 'soon'],
    ['holdfast:purge-after', 'never'],
  ])('with a wrong %s cannot be read: nothing is purged then', (key, value) => {
    const tags = { ...present, ...removalTags(trashed), [key]: value };
    expect(decodeRecord(tags)).toEqual({ reason: expect.stringContaining(key) });
  });
});

describe('the marker that we made it blank', () => {
  test('goes by its key', () => {
    const tags = without(encodeRecord(db, {}), blankKeys);
    expect(decodeRecord(tags)).toEqual({ value: { ...db, isBlank: false } });
  });
  test('is there only when it says true', () => {
    expect(decodeRecord({ ...encodeRecord(db, {}), 'holdfast:blank': 'yes' })).toMatchObject({
      value: { isBlank: false },
    });
  });
});

test('what is ours can be told from what is the user’s', () => {
  expect(ownKeys({ Name: 'db', team: 'a', 'holdfast:name': 'db', 'holdfast:id': 'x' })).toEqual([
    'holdfast:name',
    'holdfast:id',
  ]);
});

test('filters find one name, all of a driver, and all that is removed; never what is deleted', () => {
  const status = ['creating', 'available', 'in-use', 'error'];
  const present = { 'tag:holdfast:driver': ['gold'], 'tag:holdfast:state': ['present'], status };
  expect(driverFilters('gold')).toEqual(present);
  expect(everFilters('gold')).toEqual({ 'tag:holdfast:driver': ['gold'], status });
  expect(nameTag('db')).toEqual({ key: 'holdfast:name', value: 'db' });
  expect(removedFilters('gold')).toEqual({ ...present, 'tag:holdfast:state': ['removed'] });
});

function without(tags: Readonly<Record<string, string>>, names: readonly string[]) {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !names.includes(key)));
}

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { everFilters, nameTag, removedFilters } from '../../../../src/backends/ebs/record/filters.ts';
import { mostTags, restoredKey, tokenKey } from '../../../../src/backends/ebs/record/keys.ts';
import { decodeRecord, ownKeys } from '../../../../src/backends/ebs/record/read-tags.ts';
import {
  blankKeys,
  type DiskRecord,
  encodeRecord,
  publishedTags,
  removalKeys,
  removalTags,
  restoredTags,
} from '../../../../src/backends/ebs/record/tags.ts';
import { readGiven, readOptions } from '../../../../src/backends/ebs/record/tags-options.ts';
import { joinTag } from '../../../../src/backends/ebs/record/tags-split.ts';
import { parseVolumeName } from '../../../../src/core/names.ts';

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

const restored = restoredTags('2026-01-05T00:00:00.000Z');
const text = fc.string({ unit: 'binary', maxLength: 300 });
// zod drops `__proto__` from records; no option has this name.
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

/** Some option values that are already normalised. */
const usableOptions = fc
  .record(
    {
      size: fc.integer({ min: 1, max: 64 }).map((gib) => `${gib}GiB`),
      type: fc.constantFrom('gp2', 'gp3', 'io2'),
      iops: fc.integer({ min: 1, max: 99_999 }).map(String),
      fsType: fc.constantFrom('ext4', 'xfs'),
      rootPath: fc.constantFrom('/', 'data', 'a b/ü/@=+'),
      mountOptions: fc.constantFrom('noatime', 'noatime,discard', 'commit=5'),
      readOnly: fc.constantFrom('true', 'false'),
    },
    { requiredKeys: [] },
  )
  .chain((options) =>
    fc
      .string({ unit: 'grapheme', maxLength: 40 })
      .map((profile) => ({ options, given: { ...options, profile } })),
  );

function firstOf(all: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(all).slice(0, 1));
}

/** The tags; undefined if the record is refused because it is too long. */
function encoded(one: DiskRecord, extra: Readonly<Record<string, string>> = {}) {
  try {
    return encodeRecord(one, extra);
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid', message: expect.stringMatching(/tags.*EC2 takes 50/) });
    return undefined;
  }
}

describe('the record in the tags', () => {
  test('is readable for people', () => {
    expect(encodeRecord(db, { team: 'a' })).toEqual({
      Name: 'db',
      team: 'a',
      'holdfast:driver': 'ebs-gold',
      'holdfast:name': 'db',
      'holdfast:id': '0123456789abcdef',
      'holdfast:created': '2026-01-02T03:04:05.678Z',
      'holdfast:changed': '2026-01-02T03:04',
      'holdfast:options': 'size=10GiB@type=gp3@fsType=ext4@mountOptions=noatime+2Cdiscard',
      'holdfast:given': 'size@profile=fast+20lane',
      'holdfast:blank': 'true',
      'holdfast:state': 'present',
    });
  });

  test('keeps its options exactly, whatever they contain', () => {
    fc.assert(
      fc.property(record, (one) => {
        const tags = encoded(one);
        if (tags === undefined) return;
        const { options, given } = one.volume;
        expect(readOptions(joinTag(tags, 'holdfast:options'))).toEqual({ value: options });
        expect(readGiven(joinTag(tags, 'holdfast:given'), options)).toEqual({ value: given });
      }),
    );
  });

  test('is read back exactly, with any options that a Create accepts', () => {
    fc.assert(
      fc.property(record, usableOptions, (one, usable) => {
        const { driver, volume, isBlank } = one;
        const whole = { driver, volume: { ...volume, ...usable }, isBlank };
        const removed = one.removal === undefined ? whole : { ...whole, removal: one.removal };
        expect(decodeRecord(encodeRecord(removed, {}))).toEqual({ value: removed });
      }),
    );
  });

  test('is unreadable with options that a Create refuses', () => {
    for (const [bad, reason] of [
      [{ rootPath: '../../etc' }, /rootPath: .*has a "\.\." in it/],
      [{ fsType: 'ext4,/../../etc' }, /fsType: .*is not known/],
      [{ mountOptions: 'bind' }, /mountOptions: .*cannot be given/],
      [{ mkfsOptions: '-d /etc' }, /mkfsOptions/],
      [{ later: '1' }, /no option "later"/],
    ] as const) {
      const volume = { ...db.volume, options: { ...db.volume.options, ...bad } };
      expect(decodeRecord(encodeRecord({ ...db, volume }, {}))).toEqual({
        reason: expect.stringMatching(reason),
      });
    }
  });

  test("respects AWS's limits: 50 tags, 128 and 256 characters, no prefix `aws:`, the recommended characters", () => {
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

  test('is refused as a whole if it needs too many tags', () => {
    const huge = { ...db.volume, options: { a: 'x'.repeat(4096), b: 'é'.repeat(2048) } };
    expect(() => encodeRecord({ ...db, volume: huge }, {})).toThrow(/Volume db: .* shorten its options/);
  });

  test('leaves room for the tags of a removal and an undelete', () => {
    const team = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`team-${at}`, 'x']));
    const most = Array.from({ length: mostTags }, (_, at) => at).findLast((count) => {
      return encoded(db, team(count)) !== undefined;
    });
    expect(most).toBe(34);
    const later = {
      ...removalTags({ removedAt: 'x', kept: 'trash' }, db.volume.id),
      [tokenKey]: '1',
      [restoredKey]: 'x',
      ...publishedTags('i-a'),
    };
    expect(Object.keys({ ...encoded(db, team(34)), ...later })).toHaveLength(mostTags);
  });

  test('lets tags of the settings replace `Name`, and none of its own', () => {
    const tags = encodeRecord(db, { Name: 'mine', 'holdfast:name': 'other' });
    expect(tags).toMatchObject({ Name: 'mine', 'holdfast:name': 'db' });
  });

  test('does not exist without a driver tag, as on EBS volumes of others', () => {
    expect(decodeRecord({ Name: 'db', 'holdfast:name': 'db' })).toBeUndefined();
  });

  test('that is garbage is unreadable with a reason, and never throws', () => {
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
    ['holdfast:given', 'nonsense', /holdfast:given: "nonsense" is not an option/],
    ['holdfast:options.1-2', 'a=1', /both whole and in parts/],
    ['holdfast:format', '2', /a newer Holdfast wrote it, in format 2/],
  ])('with %s: %p is unreadable with the reason', (key, value, reason) => {
    expect(decodeRecord({ ...encodeRecord(db, {}), [key]: value })).toEqual({
      reason: expect.stringMatching(reason),
    });
  });

  test('that lacks a part is unreadable', () => {
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
    const removed = { ...present, ...removalTags(trashed, db.volume.id) };
    expect(decodeRecord(removed)).toEqual({ value: { ...db, removal: trashed } });
    expect(decodeRecord({ ...removed, ...restored })).toEqual({ value: db });
  });
  test('has no traces of an earlier one', () => {
    const again = {
      ...present,
      ...removalTags(trashed, db.volume.id),
      ...restored,
      ...removalTags(kept, db.volume.id),
    };
    expect(decodeRecord(again)).toEqual({ value: { ...db, removal: kept } });
  });
  test('leaves no traces once these keys are deleted', () => {
    const tags = { ...present, ...removalTags(trashed, db.volume.id), ...restored };
    expect(without(tags, removalKeys)).toEqual({ ...present, ...restored });
  });
  test.each([
    ['holdfast:kept', 'elsewhere'],
    ['holdfast:removed', 'soon'],
    ['holdfast:purge-after', 'never'],
  ])('with an invalid %s is unreadable, and nothing is purged', (key, value) => {
    const tags = { ...present, ...removalTags(trashed, db.volume.id), [key]: value };
    expect(decodeRecord(tags)).toEqual({ reason: expect.stringContaining(key) });
  });
});

describe('the tag that says that we created the disk blank', () => {
  test('is recognised by its key', () => {
    const tags = without(encodeRecord(db, {}), blankKeys);
    expect(decodeRecord(tags)).toEqual({ value: { ...db, isBlank: false } });
  });
  test('counts only with the value true', () => {
    expect(decodeRecord({ ...encodeRecord(db, {}), 'holdfast:blank': 'yes' })).toMatchObject({
      value: { isBlank: false },
    });
  });
});

describe('tags that somebody else wrote', () => {
  const good = encodeRecord(db, {});
  const others = Object.keys(good).filter((key) => key.startsWith('holdfast:'));

  test.each(others)('%s that exists twice, or has control characters, is unreadable', (key) => {
    for (const value of [`${good[key]}\n${good[key]}`, `${good[key]}\u0000`, `\u001b[2J${good[key]}`]) {
      expect(decodeRecord({ ...good, [key]: value })).toEqual({ reason: expect.stringContaining(key) });
    }
  });
  test.each(['-1', '0', '1e3', '9007199254740991', 'x'])('a token %j is unreadable', (token) => {
    expect(decodeRecord({ ...good, [tokenKey]: token })).toEqual({
      reason: expect.stringContaining(tokenKey),
    });
  });
  test('any tags are read or refused, and never throw', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.constantFrom('true', 'removed', '', '../../etc'),
    );
    fc.assert(
      fc.property(fc.constantFrom(...others, 'holdfast:options.1-2', 'holdfast:kept'), value, (key, text) => {
        const read = decodeRecord({ ...good, [key]: text });
        expect(read === undefined || 'value' in read || read.reason !== '').toBe(true);
      }),
    );
  });
});

test('our tags can be distinguished from the user’s', () => {
  expect(ownKeys({ Name: 'db', team: 'a', 'holdfast:name': 'db', 'holdfast:id': 'x' })).toEqual([
    'holdfast:name',
    'holdfast:id',
  ]);
});

test('filters find all volumes of a driver, one name, and all removed ones; never deleted ones', () => {
  const status = ['creating', 'available', 'in-use', 'error'];
  expect(everFilters('gold')).toEqual({ 'tag:holdfast:driver': ['gold'], status });
  expect(nameTag('db')).toEqual({ key: 'holdfast:name', value: 'db' });
  expect(removedFilters('gold')).toEqual({
    'tag:holdfast:driver': ['gold'],
    'tag:holdfast:state': ['removed'],
    status,
  });
});

function without(tags: Readonly<Record<string, string>>, names: readonly string[]) {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !names.includes(key)));
}

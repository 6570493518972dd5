import { describe, expect, test } from '@jest/globals';
import { dueTime, isLate, latestTime, nextTime } from '../../../src/backup/decisions/schedule.ts';
import { isSelected } from '../../../src/backup/decisions/selection.ts';
import { manifestTags, sortSnapshots, tagsOf } from '../../../src/backup/decisions/tags.ts';
import { parseBackupLine, parseSnapshots } from '../../../src/backup/restic/answers.ts';
import { parseVolumeName } from '../../../src/core/names.ts';

const hour = 3_600_000;
/** In the time of this host, as schedules are. */
const midnight = new Date(2026, 5, 1).getTime();

describe('a schedule', () => {
  test('is due after its last run, and in the past if runs were missed', () => {
    expect(nextTime('0 3 * * *', midnight)).toBe(midnight + 3 * hour);
    expect(dueTime('0 3 * * *', 0, midnight - 72 * hour, 'a')).toBe(midnight - 69 * hour);
    expect(nextTime('0 3 30 2 *', midnight)).toBe(Number.POSITIVE_INFINITY);
  });
  test('is put off by a part of the jitter, by the same whenever it is asked', () => {
    const due = dueTime('0 3 * * *', hour, midnight, 'host nightly');
    expect(due).toBe(dueTime('0 3 * * *', hour, midnight + 1000, 'host nightly'));
    expect(due).toBeGreaterThanOrEqual(midnight + 3 * hour);
    expect(due).toBeLessThan(midnight + 4 * hour);
    const hosts = Array.from({ length: 9 }, (_, index) =>
      dueTime('0 3 * * *', hour, midnight, `host${index}`),
    );
    expect(new Set(hosts).size).toBe(9);
  });
  test('has its last time found at once, even if the one before was decades ago', () => {
    const three = midnight + 3 * hour;
    for (const now of [three, three + 1, three + 23 * hour])
      for (const last of [0, midnight - 900 * 24 * hour, midnight])
        expect(latestTime('0 3 * * *', last, now)).toBe(three);
    expect(latestTime('0 3 * * *', three, three + hour)).toBe(three + 24 * hour);
    const looks = performance.now();
    for (let count = 0; count < 1000; count += 1) nextTime('* * * * *', midnight);
    const floor = performance.now() - looks;
    const began = performance.now();
    // A host without a battery for its clock has its first round in 1970.
    expect(latestTime('* * * * *', 0, midnight + 90_000)).toBe(midnight + 60_000);
    expect(performance.now() - began).toBeLessThan(floor);
  });
  test('is late when two runs in a row did not succeed', () => {
    const late = (now: number) => isLate('0 3 * * *', hour, midnight, now);
    expect([late(midnight + 26 * hour), late(midnight + 28 * hour), late(midnight + 29 * hour)]).toEqual([
      false,
      false,
      true,
    ]);
  });
});

test('volumes are selected by driver, name and options', () => {
  const volume = (options: Readonly<Record<string, string>>) => ({
    name: parseVolumeName('db-1'),
    id: '1',
    options,
    given: options,
    createdAt: '',
  });
  const all = { volumes: ['*'], options: {} };
  expect(isSelected(all, 'a', volume({}))).toBe(true);
  expect(isSelected({ ...all, drivers: ['b'] }, 'a', volume({}))).toBe(false);
  expect(isSelected({ ...all, volumes: ['web', 'db-?'] }, 'a', volume({}))).toBe(true);
  expect(isSelected({ ...all, volumes: ['db'] }, 'a', volume({}))).toBe(false);
  expect(isSelected({ ...all, options: { profile: 'x' } }, 'a', volume({ profile: 'x' }))).toBe(true);
  expect(isSelected({ ...all, options: { profile: 'x' } }, 'a', volume({ profile: 'y' }))).toBe(false);
  const unreadable = { name: parseVolumeName('db-1'), unreadable: 'damaged' };
  expect(isSelected(all, 'a', unreadable)).toBe(true);
  expect(isSelected({ ...all, options: { profile: 'x' } }, 'a', unreadable)).toBe(false);
});

describe('what a repository lists', () => {
  const run = '0123456789abcdef';
  const about = { run, plan: 'p', driver: 'd', volume: 'v', consistency: 'live' } as const;
  const [one, other] = ['1'.repeat(64), '2'.repeat(64)];
  const base = { time: '2026-01-02T03:04:05.000Z', hostname: 'a' };
  const data = { ...base, id: one, tags: tagsOf({ ...about, kind: 'data' }) };
  const totals = { data: one.slice(0, 8), entries: 3, bytes: 9, unsettled: 1 };
  const manifest = {
    ...base,
    id: other,
    tags: [...tagsOf({ ...about, kind: 'manifest' }), ...manifestTags(totals)],
  };
  const sorted = (...all: (typeof data)[]) => sortSnapshots('nas', all, () => undefined);

  test('is a backup once both its parts are there, if it has two', () => {
    expect(sorted(data, manifest)).toMatchObject({
      backups: [{ id: run, data: one, manifest: other, entries: 3, bytes: 9, unsettled: 1, volume: 'v' }],
      parts: [],
    });
    expect(sorted(data)).toEqual({ backups: [], parts: [data] });
    expect(sorted(manifest)).toEqual({ backups: [], parts: [manifest] });
  });
  test('is a backup if all of it is in one snapshot', () => {
    const { data: _, ...rest } = totals;
    const whole = { ...base, id: one, tags: [...tagsOf({ ...about, kind: 'whole' }), ...manifestTags(rest)] };
    expect(sorted(whole)).toMatchObject({
      backups: [{ id: run, data: one, manifest: one, entries: 3, bytes: 9, unsettled: 1, volume: 'v' }],
      parts: [],
    });
    const wrong = { ...whole, tags: whole.tags.map((tag) => (tag === `run=${run}` ? 'run=../x' : tag)) };
    expect(sorted(wrong)).toEqual({ backups: [], parts: [] });
  });
  test('is a backup still after `restic tag` or `restic rewrite` gave its snapshots other IDs', () => {
    const [first, second] = ['3'.repeat(64), '4'.repeat(64)];
    const found = sorted({ ...data, id: first }, { ...manifest, id: second });
    expect(found).toMatchObject({ backups: [{ id: run, data: first, manifest: second }], parts: [] });
    const another = { ...data, id: '5'.repeat(64) };
    expect(sorted({ ...data, id: first }, another, manifest)).toEqual({ backups: [], parts: [] });
    // What a repeated attempt has left beside a whole one.
    expect(sorted(data, another, manifest)).toMatchObject({ backups: [{ data: one }], parts: [another] });
  });
  test('is never cut if it is not understood: it may be of another version, or anybody else’s', () => {
    const own = { ...base, id: one, tags: ['holdfast', 'etc'] };
    const changed = (snapshot: typeof data, from: string, to: string) => ({
      ...snapshot,
      tags: snapshot.tags.map((tag) => (tag === from ? to : tag)),
    });
    const newer = changed(manifest, 'kind=manifest', 'kind=index');
    const other = [data, manifest].map((part) => changed(part, 'consistency=live', 'consistency=perfect'));
    for (const all of [[own], [data, newer], [newer], other, other.slice(0, 1), other.slice(1)])
      expect(sorted(...all)).toEqual({ backups: [], parts: [] });
    const claim = { ...base, id: one, tags: ['holdfast', 'kind=claim', `run=${run}`] };
    expect(sorted(claim)).toEqual({ backups: [], parts: [claim] });
  });
  test('is none with tags that somebody else wrote', () => {
    for (const tag of ['run=../x', 'data=1', 'consistency=good', 'kind=other']) {
      const [key = ''] = tag.split('=');
      const wrong = {
        ...manifest,
        tags: manifest.tags.map((old) => (old.startsWith(`${key}=`) ? tag : old)),
      };
      expect(sorted(data, wrong).backups).toEqual([]);
    }
    const large = manifest.tags.map((tag) => (tag.startsWith('bytes=') ? 'bytes=1e99' : tag));
    expect(sorted(data, { ...manifest, tags: large }).backups).toMatchObject([{ bytes: 0 }]);
  });
  test('is read strictly', () => {
    const line = { id: one, time: '2026-01-02T03:04:05.123456789+01:00', hostname: 'a', extra: 1 };
    expect(parseSnapshots(JSON.stringify([line]))).toEqual([
      { id: one, time: '2026-01-02T02:04:05.123Z', hostname: 'a', tags: [] },
    ]);
    expect(parseSnapshots('null')).toEqual([]);
    for (const text of ['', '{}', '[{"id":"x"}]', JSON.stringify([{ ...line, time: 'now' }])])
      expect(() => parseSnapshots(text)).toThrow('cannot be read');
    for (const [more, bytes] of [
      ['', 0],
      [',"bytes_done":7', 7],
    ] as const)
      expect(parseBackupLine(`{"message_type":"status","percent_done":0.256${more}}`)).toEqual({
        kind: 'status',
        percent: 25,
        bytes,
      });
    expect(parseBackupLine('{"message_type":"summary","snapshot_id":"0123abcd"}')).toEqual({
      kind: 'summary',
      snapshot: '0123abcd',
    });
    for (const noise of ['', 'x', '{"message_type":"status","percent_done":7}', '{"message_type":"summary"}'])
      expect(parseBackupLine(noise)).toBeUndefined();
  });
});

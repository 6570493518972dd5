import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { claimsOfOthers, ownedDirectory } from '../../../../src/backends/shared/network-share/claims.ts';
import { parseVolumeName } from '../../../../src/core/names.ts';
import type { Options, Volume } from '../../../../src/core/volume.ts';
import { type BackendSubject, createSubject, name } from '../../../contract/backend/subject.ts';
import { type ShareUnderTest, shareDirectories, shareKinds, shareOnFakeHost } from './under-test.ts';

function volume(text: string, options: Options, second = 0): Volume {
  const createdAt = new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
  return { name: parseVolumeName(text), id: '0123456789abcdef', options, given: {}, createdAt };
}

function losers(...volumes: readonly Volume[]): Readonly<Record<string, string>> {
  return Object.fromEntries([...claimsOfOthers(volumes)].map(([loser, owner]) => [loser.name, owner.name]));
}

describe('records of one directory', () => {
  test('yield one volume per directory', () => {
    expect(losers(volume('a', {}), volume('b', { subdir: 'x' }), volume('c', { subdir: 'x2/y' }))).toEqual(
      {},
    );
  });
  test('give it to the volume with its name, even if the other is older', () => {
    expect(losers(volume('b', { subdir: 'a' }, 1), volume('a', {}, 2))).toEqual({ b: 'a' });
    expect(losers(volume('b', { subdir: 'a/in/it' }, 1), volume('a', { subdir: 'a' }, 2))).toEqual({
      b: 'a',
    });
  });
  test('otherwise give it to the older one, for equal, inner and outer directories', () => {
    const [older, younger] = ['x/y', 'x/y/z'];
    expect(losers(volume('b', { subdir: older }, 2), volume('c', { subdir: older }, 1))).toEqual({ b: 'c' });
    expect(losers(volume('b', { subdir: older }, 1), volume('c', { subdir: younger }, 2))).toEqual({
      c: 'b',
    });
    expect(losers(volume('b', { subdir: younger }, 1), volume('c', { subdir: older }, 2))).toEqual({
      c: 'b',
    });
  });
  test('can all adopt it: adopted data is never deleted', () => {
    expect(losers(volume('a', {}), volume('b', { path: 'a' }), volume('c', { path: 'a' }))).toEqual({});
  });
  test('never leave two overlapping directories, nor drop a volume without an overlap', () => {
    const part = fc.constantFrom('a', 'b', 'c');
    const directory = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
    const some = fc.uniqueArray(
      fc.record({
        text: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
        directory,
        second: fc.nat({ max: 9 }),
      }),
      { selector: ({ text }) => text, maxLength: 6 },
    );
    fc.assert(
      fc.property(some, (all) => {
        const volumes = all.map(({ text, directory: subdir, second }) => volume(text, { subdir }, second));
        const lost = claimsOfOthers(volumes);
        const kept = volumes.filter((one) => !lost.has(one));
        for (const one of kept)
          expect(kept.filter((other) => other !== one && overlap(one, other))).toEqual([]);
        for (const [loser, owner] of lost) {
          expect(kept).toContain(owner);
          expect(overlap(loser, owner)).toBe(true);
        }
      }),
    );
  });
});

function overlap(a: Volume, b: Volume): boolean {
  const [one, other] = [`${ownedDirectory(a)}/`, `${ownedDirectory(b)}/`];
  return one.startsWith(other) || other.startsWith(one);
}

describe.each(shareKinds.map((kind) => [kind.name, kind] as const))(
  'two records of one directory on %s',
  (_, kind) => {
    let underTest: ShareUnderTest;
    let subject: BackendSubject;
    beforeEach(async () => {
      underTest = await shareOnFakeHost(kind);
      subject = createSubject(shareDirectories, underTest);
    });
    afterEach(() => subject.backend.close());

    const registry = () =>
      underTest.host.mounts.below('/folder/work').then(([base]) => `${base?.mountpoint}/.holdfast/registry`);
    const forge = async (forged: Volume) =>
      underTest.host.files.writeText(
        `${await registry()}/${forged.name}.json`,
        JSON.stringify({ format: 1, volume: forged }),
        'exclusive',
      );

    test('a record that names the directory of another volume is unreadable, and affects no other', async () => {
      const db = await subject.create('db');
      await subject.write(db, 'text');
      const forged = {
        ...db,
        name: name('evil'),
        id: 'fedcba9876543210',
        options: { ...db.options, subdir: 'db' },
      };
      await forge(forged);
      const unreadable = {
        name: 'evil',
        unreadable: expect.stringMatching(/directory db is the same as that of volume db/),
      };
      expect(await subject.backend.list(subject.signal)).toEqual([db, unreadable]);
      expect(subject.events).toContain('record-unreadable');
      expect(await subject.backend.lookup(name('evil'), subject.signal)).toEqual(unreadable);
      await expect(subject.backend.remove(forged, subject.signal)).rejects.toThrow(/volume db/);
      expect(await subject.read(db)).toBe('text');
      await subject.backend.remove(db, subject.signal);
      expect((await subject.removed()).map(({ volume: one }) => one.name)).toEqual(['db']);
    });
    test('if two hosts create one directory under two names at once, one succeeds and the other gets a conflict', async () => {
      const elsewhere = underTest.makeBackendElsewhere?.();
      if (elsewhere === undefined) throw new Error('no other host');
      const plans = [
        [subject.backend, subject.plan('one', { subdir: 'same' })],
        [elsewhere, elsewhere.plan(name('two'), { subdir: 'same' })],
      ] as const;
      const results = await Promise.allSettled(plans.map(([by, plan]) => by.create(plan, subject.signal)));
      await elsewhere.close();
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const refusal = results.find((result) => result.status === 'rejected');
      expect(refusal?.reason).toMatchObject({ code: 'conflict', message: expect.stringContaining('same') });
      expect(await subject.names()).toHaveLength(1);
    });
  },
);

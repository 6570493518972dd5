import { tmpdir } from 'node:os';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fileSystemOf } from '../../../src/cli/mesos/file-system.ts';
import { type FileSystem, shares } from '../../../src/cli/mesos/shares.ts';

test('places on one file system together offer no more than its size, for each way to recognise it', () => {
  const identity = fc.constantFrom('a', 'b', 'c', 'd');
  const place = fc.record({
    bytes: fc.nat(1000),
    identities: fc.uniqueArray(identity, { minLength: 1, maxLength: 2 }),
  });
  fc.assert(
    fc.property(fc.array(place, { maxLength: 8 }), (all) => {
      const parts = shares(all);
      const promised = (few: readonly FileSystem[]) =>
        all.reduce((sum, each, index) => sum + (few.includes(each) ? (parts[index]?.bytes ?? 0) : 0), 0);
      for (const name of ['a', 'b', 'c', 'd'] as const) {
        const on = all.filter(({ identities }) => identities.includes(name));
        expect(promised(on)).toBeLessThanOrEqual(Math.max(0, ...on.map(({ bytes }) => bytes)) + 1e-6);
      }
    }),
  );
});

test('a file system of this host is equal only to itself', async () => {
  const [one, same, other] = await Promise.all([
    fileSystemOf(tmpdir()),
    fileSystemOf('/tmp'),
    fileSystemOf('/proc'),
  ]);
  expect(shares([one, same, other]).map(({ sharers }) => sharers)).toEqual([2, 2, 1]);
});

import { describe, expect, test } from '@jest/globals';
import { createStorageRoot } from '../../../../src/backends/shared/recorded/storage-root.ts';
import type { FileFacts } from '../../../../src/host/host.ts';

const owner = { uid: 0, gid: 0, mode: 0o700 };
const directory: FileFacts = {
  ...owner,
  kind: 'directory',
  device: '8:1',
  inode: '2',
  size: 4096,
  allocated: 4096,
  changed: '1',
  modifiedAt: 1,
};
const { signal } = new AbortController();

/** A root whose looks at the registry end when they are let on, with what was there when they began. */
function slowRoot() {
  const made = new Set<string>();
  const looks: (() => void)[] = [];
  const root = createStorageRoot({
    files: {
      facts: (path) => {
        const found = made.has(path) ? directory : undefined;
        return new Promise((resolve) => looks.push(() => resolve(found)));
      },
      createDirectory: async (path) => made.size < made.add(path).size,
    },
    directories: ['/root/own'],
    registry: '/root/registry',
    owner,
    wayOut: 'mount it again',
    requireThere: async () => undefined,
    claim: async () => undefined,
  });
  return { root, made, looks };
}

/** Lets what waits for nothing happen. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the root of a storage', () => {
  test('that is made during a look has not vanished', async () => {
    const { root, looks } = slowRoot();
    const making = root.make('A could not be made', signal);
    const looking = root.exists('B could not be looked up', signal);
    await settled();
    looks[0]?.();
    await making;
    looks[1]?.();
    expect(await looking).toBe(false);
  });

  test('that was seen before a look has vanished if the look does not find it', async () => {
    const { root, made, looks } = slowRoot();
    const making = root.make('A could not be made', signal);
    await settled();
    looks[0]?.();
    await making;
    made.clear();
    const looking = root.exists('B could not be looked up', signal);
    await settled();
    looks[1]?.();
    await expect(looking).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('existed before and is missing now: mount it again'),
    });
  });
});

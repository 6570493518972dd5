import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type BelowParts, filesBelow } from '../../../src/host/files/below.ts';
import { createHeldDirectories } from '../../../src/host/files/held-directory.ts';
import { createNear } from '../../../src/host/files/near.ts';

test('a rename holds a directory once, so that it is synced once, and two directories each for itself', async () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-below-')));
  mkdirSync(join(root, 'other'));
  const near = createNear(undefined, undefined);
  const renamed: (readonly string[])[] = [];
  const calls = {
    rename: async (...[from, to]: readonly string[]) => void renamed.push([from ?? '', to ?? '']),
  };
  const parts = { directories: createHeldDirectories(near), near };
  const files = filesBelow(calls as never, parts as BelowParts, root);
  await files.rename(join(root, 'a'), join(root, 'b'));
  await files.rename(join(root, 'a'), join(root, 'other/b'));
  const directories = renamed.map((paths) => new Set(paths.map((path) => dirname(path))).size);
  expect(directories).toEqual([1, 2]);
  expect(renamed.map((paths) => paths.map((path) => path.split('/').at(-1)))).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ]);
  rmSync(root, { recursive: true });
});

import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type BelowParts, filesBelow } from '../../../src/host/files/below.ts';
import { createHeldDirectories } from '../../../src/host/files/held-directory.ts';
import { createNear } from '../../../src/host/files/near.ts';
import { createLinuxHost } from '../../../src/host/linux-host.ts';

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

test('an attribute is that of a directory, and a symlink on the way is refused', async () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-below-')));
  mkdirSync(join(root, 'own/inner'), { recursive: true });
  symlinkSync(join(root, 'own'), join(root, 'link'));
  const host = await createLinuxHost({ systemCalls: 'auto' });
  const files = host.files.below(root);
  expect(await files.attribute(join(root, 'own/inner'), 'user.none')).toBeUndefined();
  expect(await files.attribute(join(root, 'none'), 'user.none')).toBeUndefined();
  for (const path of ['link', 'link/inner'])
    await expect(files.attribute(join(root, path), 'user.none')).rejects.toMatchObject({ code: 'EFTYPE' });
  await expect(files.attribute('/etc', 'user.none')).rejects.toMatchObject({ code: 'EXDEV' });
  await host.close();
  rmSync(root, { recursive: true });
});

import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { makeDirectory } from '../../../src/host/files/directories.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-directories-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a directory is made with those above it, all with the same mode, and only if they are missing', async () => {
  const before = process.umask(0o077);
  try {
    await mkdir(join(folder, 'a'), { mode: 0o700 });
    await Promise.all([1, 2, 3].map(() => makeDirectory(join(folder, 'a/b/c'))));
    await makeDirectory(join(folder, 'a/b/c'));
  } finally {
    process.umask(before);
  }
  const modes = ['a', 'a/b', 'a/b/c'].map(async (path) => (await stat(join(folder, path))).mode & 0o777);
  expect(await Promise.all(modes)).toEqual([0o700, 0o755, 0o755]);
});

test.each([
  ['file', 'EEXIST'],
  ['file/below', 'ENOTDIR'],
  ['nowhere', 'ENOENT'],
  ['nowhere/below', 'ENOENT'],
])('%s is in the way: the kernel says so', async (path, code) => {
  await writeFile(join(folder, 'file'), '');
  await symlink(join(folder, 'none'), join(folder, 'nowhere'));
  await expect(makeDirectory(join(folder, path))).rejects.toMatchObject({ code });
});

test('where the kernel makes none, the attempt ends', async () => {
  await expect(makeDirectory('/proc/holdfast/deeper')).rejects.toMatchObject({ code: 'ENOENT' });
});

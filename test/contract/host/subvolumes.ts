import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Host } from '../../../src/host/host.ts';

/** A host with a directory on btrfs, and one on another file system. */
export interface BtrfsHost {
  readonly host: Host;
  readonly folder: string;
  readonly elsewhere: string;
  link(target: string, path: string): Promise<void>;
  cleanUp(): Promise<void>;
}

const owner = { uid: 7, gid: 8, mode: 0o750 };
const { signal } = new AbortController();

/** Tests what host.ts promises of subvolumes. */
export function describeSubvolumes(name: string, makeHost: () => Promise<BtrfsHost>): void {
  describe(`subvolumes: ${name}`, () => {
    let current: BtrfsHost;
    const at = (path: string) => join(current.folder, path);
    const subvolumes = () => current.host.subvolumes(current.folder);
    const files = () => current.host.files;
    const write = (path: string, text: string) => files().writeText(at(path), text, 'replace');

    beforeEach(async () => {
      current = await makeHost();
    });
    afterEach(() => current?.cleanUp());

    test('are known on btrfs only', async () => {
      const { host, folder, elsewhere } = current;
      expect(await subvolumes().areKnown(folder)).toBe(true);
      const other = host.subvolumes(elsewhere);
      expect(await other.areKnown(elsewhere)).toBe(false);
      await expect(other.create(join(elsewhere, 'db'), owner)).rejects.toMatchObject({ code: 'ENOTTY' });
    });
    test('are created with their owner, once, and told apart from directories', async () => {
      expect(await subvolumes().create(at('db'), owner)).toBe(true);
      expect(await files().facts(at('db'))).toMatchObject({ kind: 'directory', ...owner });
      expect(await subvolumes().create(at('db'), { ...owner, uid: 0 })).toBe(false);
      await files().makeDirectory(at('plain'));
      expect(await subvolumes().create(at('plain'), owner)).toBe(false);
      expect(await subvolumes().isOne(at('db'))).toBe(true);
      expect(await subvolumes().isOne(at('plain'))).toBe(false);
      expect(await subvolumes().isOne(at('ghost'))).toBe(false);
    });
    test('have read-only copies that stay as they are', async () => {
      await subvolumes().create(at('db'), owner);
      await write('db/file', 'before');
      await subvolumes().snapshot(at('db'), at('kept'), 'read-only');
      await write('db/file', 'after');
      expect(await files().readText(at('kept/file'))).toBe('before');
      expect(await files().facts(at('kept'))).toMatchObject(owner);
      expect(await subvolumes().isOne(at('kept'))).toBe(true);
      await expect(write('kept/file', 'changed')).rejects.toMatchObject({ code: 'EROFS' });
      // It can get another name, but not another directory.
      await files().makeDirectory(at('other'));
      await expect(files().rename(at('kept'), at('other/kept'))).rejects.toMatchObject({ code: 'EROFS' });
      await files().rename(at('kept'), at('renamed'));
      expect(await files().readText(at('renamed/file'))).toBe('before');
    });
    test('have copies that can be written, moved and copied again', async () => {
      await subvolumes().create(at('db'), owner);
      await write('db/file', 'before');
      await subvolumes().snapshot(at('db'), at('kept'), 'read-only');
      await subvolumes().snapshot(at('kept'), at('copy'), 'read-write');
      await write('copy/file', 'changed');
      expect(await files().readText(at('db/file'))).toBe('before');
      await files().makeDirectory(at('other'));
      await files().rename(at('copy'), at('other/copy'));
      expect(await files().readText(at('other/copy/file'))).toBe('changed');
      const again = subvolumes().snapshot(at('db'), at('kept'), 'read-only');
      await expect(again).rejects.toMatchObject({ code: 'EEXIST' });
    });
    test('in a subvolume are named, and are empty in its copies', async () => {
      await subvolumes().create(at('db'), owner);
      await files().makeDirectory(at('db/deep/down'));
      await subvolumes().create(at('db/deep/down/nested'), owner);
      await subvolumes().create(at('db/deep/down/nested/inner'), owner);
      await write('db/deep/down/nested/file', 'lost');
      await subvolumes().create(at('beside'), owner);
      expect(await subvolumes().within(at('db'))).toEqual(['deep/down/nested']);
      expect(await subvolumes().within(at('db/deep/down'))).toEqual(['nested']);
      expect(await subvolumes().within(at('beside'))).toEqual([]);
      await subvolumes().snapshot(at('db'), at('copy'), 'read-write');
      expect(await files().list(at('copy/deep/down/nested'))).toEqual([]);
    });
    test('in a plain directory are named by a count, and not counted', async () => {
      await files().makeDirectory(at('plain/sub'));
      await write('plain/sub/file', 'x');
      const limits = { entries: 100, milliseconds: 60_000 };
      const count = () => files().count(at('plain'), limits, signal);
      const before = await count();
      expect(before).not.toHaveProperty('elsewhere');
      await subvolumes().create(at('plain/sub/other'), owner);
      await write('plain/sub/other/file', 'x');
      expect(await count()).toMatchObject({ usedInodes: before?.usedInodes, elsewhere: 'sub/other' });
    });
    test('are removed with what is in them, also read-only ones and those in a directory', async () => {
      await files().makeDirectory(at('plain/deep'));
      for (const path of ['plain/deep/one', 'plain/deep/one/nested', 'two', 'two/nested', 'three'])
        await subvolumes().create(at(path), owner);
      await write('plain/deep/one/nested/file', 'x');
      await write('two/file', 'x');
      await subvolumes().snapshot(at('three'), at('plain/kept'), 'read-only');
      await subvolumes().snapshot(at('three'), at('kept'), 'read-only');
      for (const path of ['plain', 'two', 'kept']) await files().removeTree(at(path), signal);
      expect(await files().list(current.folder)).toEqual(['three']);
      await files().below(current.folder).removeTree(at('three'), signal);
      expect(await files().list(current.folder)).toEqual([]);
    });
    test('are removed like an empty directory', async () => {
      await subvolumes().create(at('db'), owner);
      await files().below(current.folder).removeDirectory(at('db'));
      expect(await files().list(current.folder)).toEqual([]);
    });
    test('are reached by a root that is a symlink', async () => {
      await files().makeDirectory(at('root'));
      await current.link(at('root'), at('link'));
      const below = current.host.subvolumes(at('link'));
      expect(await below.areKnown(at('link'))).toBe(true);
      expect(await below.create(at('link/db'), owner)).toBe(true);
      expect(await subvolumes().isOne(at('root/db'))).toBe(true);
    });
    test('are not reached by a symlink, and nothing outside the root is', async () => {
      await subvolumes().create(at('db'), owner);
      await files().makeDirectory(at('root'));
      await current.link(at('db'), at('link'));
      expect(await subvolumes().isOne(at('link'))).toBe(false);
      await expect(subvolumes().snapshot(at('link'), at('copy'), 'read-only')).rejects.toThrow();
      const below = current.host.subvolumes(at('root'));
      await expect(below.snapshot(at('db'), at('root/copy'), 'read-only')).rejects.toMatchObject({
        code: 'EXDEV',
      });
      await expect(subvolumes().create(at('link/inner'), owner)).rejects.toMatchObject({ code: 'EFTYPE' });
    });
    test('are not removed while something is mounted in them', async () => {
      await subvolumes().create(at('db'), owner);
      await subvolumes().create(at('db/nested'), owner);
      await files().makeDirectory(at('db/mounted'));
      await current.host.mounts.bind(at('db/nested'), at('db/mounted'), []);
      await expect(files().removeTree(at('db'), signal)).rejects.toMatchObject({ code: 'EBUSY' });
      expect(await subvolumes().within(at('db'))).toEqual(['nested']);
      await current.host.mounts.unmount(at('db/mounted'));
      await files().removeTree(at('db'), signal);
    });
  });
}

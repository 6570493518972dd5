import { describe, expect, test } from '@jest/globals';
import { type FilesBelow, longestTextBelow } from '../../../src/host/host.ts';
import { oddKinds } from '../../host/odd-files.ts';
import type { Current } from './contract.ts';

const owner = { uid: 12, gid: 34, mode: 0o750 };

/** Others may write below `root`. `outside` is beside it; nothing there may be read or changed. */
export function describeFilesBelow(current: Current): void {
  const at = (name: string) => `${current().folder}/${name}`;
  const whole = () => current().host.files;
  const signal = () => AbortSignal.timeout(100_000);

  async function makeRoot(): Promise<void> {
    await whole().makeDirectory(at('root/directory'));
    await whole().makeDirectory(at('outside/sub/empty'));
    await whole().writeText(at('outside/file'), 'secret', 'exclusive');
  }

  async function expectOutsideUntouched(): Promise<void> {
    expect([...((await whole().list(at('outside'))) ?? [])].sort()).toEqual(['file', 'sub']);
    expect(await whole().list(at('outside/sub'))).toEqual(['empty']);
    expect(await whole().readText(at('outside/file'))).toBe('secret');
    expect(await whole().facts(at('outside/sub'))).toMatchObject({ uid: 0, mode: 0o755 });
  }

  describe.each([
    ['here', () => whole().below(at('root'))],
    ['on a server', () => current().host.remote('server.example').files.below(at('root'))],
  ])('%s', (_, below: () => FilesBelow) => {
    test('are the same as by their full paths', async () => {
      await makeRoot();
      const files = below();
      await files.makeDirectory(at('root/a/b'));
      expect(await files.createDirectory(at('root/a/c'), owner)).toBe(true);
      expect(await files.createDirectory(at('root/a/c'), owner)).toBe(false);
      await files.setOwner(at('root/a/b'), owner);
      expect(await files.writeText(at('root/a/b/file'), 'text', 'exclusive')).toBe(true);
      expect(await files.writeText(at('root/a/b/file'), 'other', 'exclusive')).toBe(false);
      await files.createSparse(at('root/a/sparse'), 1 << 20);
      await files.refresh(at('root/a'));
      for (const name of ['a/b', 'a/c', 'a/b/file', 'a/sparse', 'a', 'none', 'none/below']) {
        expect(await files.facts(at(`root/${name}`))).toEqual(await whole().facts(at(`root/${name}`)));
      }
      expect(await files.facts(at('root'))).toEqual(await whole().facts(at('root')));
      expect(await files.readText(at('root/a/b/file'))).toBe('text');
      expect(await files.readLatest(at('root/a/b/file'))).toBe('text');
      await files.rename(at('root/a/b/file'), at('root/directory/moved'));
      expect(await files.list(at('root/directory'))).toEqual(['moved']);
      expect([...((await files.list(at('root'))) ?? [])].sort()).toEqual(['a', 'directory']);
      await files.removeFile(at('root/directory/moved'));
      await files.removeDirectory(at('root/directory'));
      await files.removeTree(at('root/a'), signal());
      expect(await whole().list(at('root'))).toEqual([]);
    });
    test('that do not exist are undefined, and their removal succeeds', async () => {
      await makeRoot();
      const files = below();
      for (const path of [at('root/none'), at('root/none/below')]) {
        expect(await files.readText(path)).toBeUndefined();
        expect(await files.readLatest(path)).toBeUndefined();
        expect(await files.facts(path)).toBeUndefined();
        expect(await files.list(path)).toBeUndefined();
        await files.refresh(path);
        await files.removeFile(path);
        await files.removeDirectory(path);
        await files.removeTree(path, signal());
      }
      const writing = files.writeText(at('root/none/below'), '', 'replace');
      await expect(writing).rejects.toMatchObject({
        code: 'ENOENT',
        message: expect.stringContaining(at('root/none')),
      });
    });
    test.each(['root/../outside/file', 'outside/file', 'root-beside', '.'])(
      '%s is not below the root',
      async (path) => {
        await makeRoot();
        const calls = everyCall(below(), at(path), at('root/new'));
        for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'EXDEV' });
        await expectOutsideUntouched();
      },
    );
    test.each(oddKinds)('a %s is reported as such, and never blocks', async (kind) => {
      await makeRoot();
      await current().putOdd(kind, at('root/odd'));
      const files = below();
      await expect(files.readText(at('root/odd'))).rejects.toMatchObject({ code: 'EFTYPE' });
      await expect(files.readLatest(at('root/odd'))).rejects.toMatchObject({ code: 'EFTYPE' });
      await expect(files.readBytes(at('root/odd'), 0, 1)).rejects.toMatchObject({ code: 'EFTYPE' });
      await expect(files.list(at('root/odd'))).rejects.toMatchObject({ code: 'EFTYPE' });
      await expect(whole().readText(at('root/odd'))).rejects.toMatchObject({ code: 'EFTYPE' });
      await expect(whole().readBytes(at('root/odd'), 0, 10)).rejects.toMatchObject({ code: 'EFTYPE' });
      expect(await files.facts(at('root/odd'))).toMatchObject({ kind: 'other' });
      expect([...((await files.list(at('root'))) ?? [])].sort()).toEqual(['directory', 'odd']);
      for (const call of everyCall(files, at('root/odd/below'), at('root/new'))) {
        await expect(call()).rejects.toMatchObject({ code: 'EFTYPE' });
      }
      await files.removeFile(at('root/odd'));
      expect(await whole().list(at('root'))).toEqual(['directory']);
    });
    test('a part of a file is read, and less at its end', async () => {
      await makeRoot();
      await below().writeText(at('root/directory/file'), 'one two', 'exclusive');
      const part = async (offset: number, length: number) =>
        Buffer.from(await below().readBytes(at('root/directory/file'), offset, length)).toString();
      expect([await part(0, 3), await part(4, 10), await part(7, 1)]).toEqual(['one', 'two', '']);
      await expect(below().readBytes(at('root/none'), 0, 1)).rejects.toMatchObject({ code: 'ENOENT' });
      await expect(below().readBytes(at('root/directory'), 0, 1)).rejects.toMatchObject({ code: 'EFTYPE' });
    });
    test('a directory cannot be read as a file, nor a file listed', async () => {
      await makeRoot();
      const files = below();
      await files.writeText(at('root/file'), 'text', 'exclusive');
      await expect(files.readText(at('root/directory'))).rejects.toMatchObject({ code: 'EFTYPE' });
      await expect(files.list(at('root/file'))).rejects.toMatchObject({ code: 'EFTYPE' });
      await expect(files.facts(at('root/file/below'))).rejects.toMatchObject({ code: 'EFTYPE' });
    });
    test('a file is read up to the limit, and a longer one is refused', async () => {
      await makeRoot();
      const files = below();
      await files.writeText(at('root/full'), 'x'.repeat(longestTextBelow), 'exclusive');
      await files.writeText(at('root/long'), 'x'.repeat(longestTextBelow + 1), 'exclusive');
      await files.createSparse(at('root/huge'), 2 ** 40);
      expect(await files.readText(at('root/full'))).toHaveLength(longestTextBelow);
      for (const name of ['long', 'huge']) {
        await expect(files.readText(at(`root/${name}`))).rejects.toMatchObject({ code: 'EFTYPE' });
        await expect(files.readLatest(at(`root/${name}`))).rejects.toMatchObject({ code: 'EFTYPE' });
      }
    });
    test.each([
      ['absolute', 'outside', (target: string) => at(target)],
      ['relative', 'outside', (target: string) => `../${target}`],
      ['to a place below the root', 'root/directory', (target: string) => at(target)],
      ['to itself', 'root/link', (target: string) => at(target)],
    ])('a symlink on the way is refused (%s)', async (_how, target, written) => {
      await makeRoot();
      await current().link(written(target), at('root/link'));
      for (const name of ['file', 'sub', 'sub/empty', 'new']) {
        for (const call of everyCall(below(), at(`root/link/${name}`), at('root/new'))) {
          await expect(call()).rejects.toMatchObject({ code: 'EFTYPE' });
        }
      }
      expect([...((await whole().list(at('root'))) ?? [])].sort()).toEqual(['directory', 'link']);
      await expectOutsideUntouched();
    });
    test.each(['outside/file', 'outside/sub', 'outside/none', 'root/link'])(
      'a symlink to %s as the last part of a path is not followed',
      async (target) => {
        await makeRoot();
        const link = at('root/link');
        await current().link(at(target), link);
        const files = below();
        expect(await files.facts(link)).toMatchObject({ kind: 'symlink' });
        for (const call of [files.readText, files.readLatest, files.list, files.makeDirectory]) {
          await expect(call(link)).rejects.toMatchObject({ code: 'EFTYPE' });
        }
        await expect(files.setOwner(link, owner)).rejects.toThrow();
        await expect(files.removeDirectory(link)).rejects.toMatchObject({ code: 'ENOTDIR' });
        await expect(files.createSparse(link, 10)).rejects.toMatchObject({ code: 'EEXIST' });
        expect(await files.createDirectory(link, owner)).toBe(false);
        expect(await files.writeText(link, 'text', 'exclusive')).toBe(false);
        await files.rename(link, at('root/moved'));
        expect(await files.writeText(at('root/moved'), 'text', 'replace')).toBe(true);
        expect(await files.readText(at('root/moved'))).toBe('text');
        await current().link(at(target), link);
        await files.removeTree(link, signal());
        await current().link(at(target), link);
        await files.removeFile(link);
        expect([...((await whole().list(at('root'))) ?? [])].sort()).toEqual(['directory', 'moved']);
        await expectOutsideUntouched();
      },
    );
    test('the root itself may be a symlink', async () => {
      await makeRoot();
      await current().link(at('root'), at('link'));
      const files = whole().below(at('link'));
      expect(await files.writeText(at('link/directory/file'), 'text', 'exclusive')).toBe(true);
      expect(await files.readText(at('link/directory/file'))).toBe('text');
      await files.removeTree(at('link/directory'), signal());
      expect(await whole().list(at('root'))).toEqual([]);
    });
  });
}

/** Every call with this path. A call with two paths also gets a good one. */
function everyCall(files: FilesBelow, path: string, good: string): readonly (() => Promise<unknown>)[] {
  return [
    () => files.readText(path),
    () => files.readLatest(path),
    () => files.readBytes(path, 0, 1),
    () => files.refresh(path),
    () => files.list(path),
    () => files.facts(path),
    () => files.makeDirectory(path),
    () => files.createDirectory(path, owner),
    () => files.setOwner(path, owner),
    () => files.removeDirectory(path),
    () => files.createSparse(path, 10),
    () => files.rename(path, good),
    () => files.rename(good, path),
    () => files.writeText(path, 'text', 'exclusive'),
    () => files.writeText(path, 'text', 'replace'),
    () => files.moveText(path, good, 'text', []),
    () => files.moveText(good, path, 'text', []),
    () => files.removeFile(path),
    () => files.sync([path]),
    () => files.removeTree(path, AbortSignal.timeout(100_000)),
  ];
}

import { describe, expect, test } from '@jest/globals';
import type { Current } from './contract.ts';

export function describeFiles(current: Current): void {
  const at = (name: string) => `${current().folder}/${name}`;
  const files = () => current().host.files;

  describe('reading', () => {
    test('a missing file is undefined, not an error', async () => {
      expect(await files().readText(at('none'))).toBeUndefined();
      expect(await files().readLatest(at('none'))).toBeUndefined();
      expect(await files().facts(at('none'))).toBeUndefined();
      expect(await files().realPath(at('none'))).toBeUndefined();
      expect(await files().list(at('none'))).toBeUndefined();
    });
    test('a path through a file is undefined', async () => {
      await files().writeText(at('file'), '', 'replace');
      expect(await files().facts(at('file/below'))).toBeUndefined();
      expect(await files().readText(at('file/below'))).toBeUndefined();
    });
    test('facts are those of a symlink itself, and the real path is its target', async () => {
      await files().writeText(at('file'), 'text', 'replace');
      await current().link(at('file'), at('link'));
      expect(await files().facts(at('link'))).toMatchObject({ kind: 'symlink' });
      expect(await files().realPath(at('link'))).toBe(at('file'));
    });
    test('the real path follows symlinks on the way, and is undefined if one leads nowhere', async () => {
      await files().makeDirectory(at('real/sub'));
      await current().link(at('real'), at('way'));
      await current().link(at('none'), at('dangling'));
      for (const path of ['real/sub', 'way/sub'])
        expect(await files().realPath(at(path))).toBe(at('real/sub'));
      for (const path of ['dangling', 'dangling/sub', 'way/none'])
        expect(await files().realPath(at(path))).toBeUndefined();
    });
    test('facts distinguish files from each other and from directories', async () => {
      await files().writeText(at('file'), 'four', 'replace');
      await files().makeDirectory(at('directory'));
      const file = await files().facts(at('file'));
      const directory = await files().facts(at('directory'));
      expect(file).toMatchObject({ kind: 'file', size: 4, mode: 0o600, device: directory?.device });
      expect(directory?.kind).toBe('directory');
      expect(file?.inode).not.toBe(directory?.inode);
      expect(file?.device).toMatch(/^\d+:\d+$/);
    });
    test('a refresh leaves a directory unchanged, and a missing one is not an error', async () => {
      await files().makeDirectory(at('directory/sub'));
      await files().writeText(at('file'), '', 'replace');
      for (const name of ['directory', 'file', 'none', 'none/below']) await files().refresh(at(name));
      expect(await files().list(at('directory'))).toEqual(['sub']);
    });
    test('free space is reported', async () => {
      expect((await files().space(current().folder)).freeBytes).toBeGreaterThan(0);
      await expect(files().space(at('none'))).rejects.toMatchObject({ code: 'ENOENT' });
    });
  });

  test('files and directories are made durable at once, and a missing one is an error', async () => {
    await files().makeDirectory(at('directory'));
    const order = { names: 'unsynced' } as const;
    expect(await files().writeText(at('directory/file'), 'text', 'replace', order)).toBe(true);
    expect(await files().readText(at('directory/file'))).toBe('text');
    await current().link(at('directory/file'), at('link'));
    for (const one of [files(), files().below(current().folder)]) {
      await one.sync([at('directory/file'), at('directory'), current().folder]);
      await expect(one.sync([at('directory'), at('none')])).rejects.toMatchObject({ code: 'ENOENT' });
      await expect(one.sync([at('link')])).rejects.toMatchObject({ code: 'ELOOP' });
    }
  });

  describe('writeText', () => {
    test('replaces the whole content', async () => {
      expect(await files().writeText(at('file'), 'a longer text', 'replace')).toBe(true);
      expect(await files().writeText(at('file'), 'short', 'replace')).toBe(true);
      expect(await files().readText(at('file'))).toBe('short');
    });
    test('never replaces an existing file if it is exclusive', async () => {
      expect(await files().writeText(at('file'), 'first', 'exclusive')).toBe(true);
      expect(await files().writeText(at('file'), 'second', 'exclusive')).toBe(false);
      expect(await files().readText(at('file'))).toBe('first');
      expect(await files().readLatest(at('file'))).toBe('first');
    });
    test('lets exactly one of many exclusive writers win', async () => {
      const texts = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
      const won = await Promise.all(texts.map((text) => files().writeText(at('file'), text, 'exclusive')));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await files().readText(at('file'))).toBe(texts[won.indexOf(true)]);
    });
    test('that is not to be durable yet writes a new file, and replaces one as a whole', async () => {
      const order = { names: 'unsynced' } as const;
      const write = (text: string, how: 'exclusive' | 'replace') =>
        files().writeText(at('file'), text, how, order);
      expect(await write('a longer text', 'replace')).toBe(true);
      expect(await write('short', 'replace')).toBe(true);
      expect(await write('other', 'exclusive')).toBe(false);
      expect(await files().readText(at('file'))).toBe('short');
      await files().makeDirectory(at('directory'));
      await expect(files().writeText(at('directory'), 'text', 'replace', order)).rejects.toMatchObject({
        code: 'EISDIR',
      });
      expect((await files().list(current().folder))?.toSorted()).toEqual(['directory', 'file']);
    });
    test('leaves no temporary file after success, a lost race or a failure', async () => {
      await files().makeDirectory(at('in/taken'));
      await files().writeText(at('in/file'), 'first', 'exclusive');
      await files().writeText(at('in/file'), 'second', 'exclusive');
      await expect(files().writeText(at('in/taken'), 'text', 'replace')).rejects.toThrow();
      await expect(files().writeText(at('none/file'), 'text', 'replace')).rejects.toMatchObject({
        code: 'ENOENT',
      });
      expect([...((await files().list(at('in'))) ?? [])].sort()).toEqual(['file', 'taken']);
    });
    test('keeps any string exactly', async () => {
      const text = 'ä\u0000\n🦫'.repeat(10_000);
      await files().writeText(at('file'), text, 'replace');
      expect(await files().readText(at('file'))).toBe(text);
    });
  });

  describe('other files', () => {
    test('a removed file is gone, and removing it again succeeds', async () => {
      await files().writeText(at('file'), '', 'replace');
      await files().removeFile(at('file'));
      await files().removeFile(at('file'));
      expect(await files().facts(at('file'))).toBeUndefined();
    });
    test('a sparse file has its size, reads as zeros and is never replaced', async () => {
      await files().createSparse(at('sparse'), 1 << 30);
      expect(await files().facts(at('sparse'))).toMatchObject({ kind: 'file', size: 1 << 30, mode: 0o600 });
      expect(await files().readBytes(at('sparse'), (1 << 30) - 2, 10)).toEqual(new Uint8Array(2));
      await expect(files().createSparse(at('sparse'), 1)).rejects.toMatchObject({ code: 'EEXIST' });
    });
    test('bytes are read from any offset, fewer at the end', async () => {
      await files().writeText(at('file'), 'abcdef', 'replace');
      const text = async (offset: number, length: number) =>
        Buffer.from(await files().readBytes(at('file'), offset, length)).toString();
      expect(await text(0, 3)).toBe('abc');
      expect(await text(4, 10)).toBe('ef');
      expect(await text(9, 1)).toBe('');
    });
    test('a rename moves, and never replaces', async () => {
      await files().makeDirectory(at('from/sub'));
      await files().makeDirectory(at('to'));
      await files().makeDirectory(at('empty'));
      await files().rename(at('from/sub'), at('to/sub'));
      expect(await files().list(at('to'))).toEqual(['sub']);
      await expect(files().rename(at('to/sub'), at('empty'))).rejects.toMatchObject({ code: 'EEXIST' });
      await expect(files().rename(at('none'), at('other'))).rejects.toMatchObject({ code: 'ENOENT' });
    });
    test('a text moves to another directory and changes, and replaces what is there', async () => {
      for (const directory of ['from', 'to']) await files().makeDirectory(at(directory));
      for (const text of ['one', 'two']) {
        await files().writeText(at('from/text'), text, 'replace');
        await files().moveText(at('from/text'), at('to/moved'), `${text}, moved`, [at('from'), at('to')]);
        expect(await files().readText(at('to/moved'))).toBe(`${text}, moved`);
        expect(await files().list(at('from'))).toEqual([]);
        expect(await files().list(at('to'))).toEqual(['moved']);
      }
    });
    test('a text that is not there to be moved is written', async () => {
      for (const directory of ['from', 'to']) await files().makeDirectory(at(directory));
      await files().moveText(at('from/text'), at('to/moved'), 'new', []);
      expect(await files().readText(at('to/moved'))).toBe('new');
    });
    test('a text does not move before what must be durable first', async () => {
      for (const directory of ['from', 'to']) await files().makeDirectory(at(directory));
      await files().writeText(at('from/text'), 'old', 'replace');
      const moving = files().moveText(at('from/text'), at('to/moved'), 'new', [at('none')]);
      await expect(moving).rejects.toMatchObject({ code: 'ENOENT' });
      expect(await files().readText(at('from/text'))).toBe('old');
      expect(await files().list(at('to'))).toEqual([]);
    });
    test('a tree is removed with everything below it, idempotently', async () => {
      await files().makeDirectory(at('tree/a/b'));
      await files().writeText(at('tree/a/file'), 'text', 'replace');
      await files().removeTree(at('tree'), AbortSignal.timeout(100_000));
      await files().removeTree(at('tree'), AbortSignal.timeout(100_000));
      expect(await files().list(current().folder)).toEqual([]);
    });
  });

  describe('logs', () => {
    test('appends keep their order, even if they are simultaneous, or the log is opened again', async () => {
      const log = await files().openLog(at('log'));
      await Promise.all(Array.from({ length: 50 }, (_, index) => log.append(`${index}\n`)));
      await log.append('last\n');
      await log.close();
      const again = await files().openLog(at('log'));
      await again.append('more\n');
      await again.close();
      const lines = [...Array.from({ length: 50 }, (_, index) => `${index}`), 'last', 'more', ''];
      expect((await files().readText(at('log')))?.split('\n')).toEqual(lines);
    });
    test('a log that was cut continues where it was cut, in the order of the calls', async () => {
      const log = await files().openLog(at('log'));
      await log.append('one\n');
      await Promise.all([log.append('two\n'), log.cut(4), log.append('three\n')]);
      await log.close();
      expect(await files().readText(at('log'))).toBe('one\nthree\n');
    });
    test('what was appended can be read before the log is closed', async () => {
      const log = await files().openLog(at('log'));
      await log.append('line\n');
      expect(await files().readText(at('log'))).toBe('line\n');
      expect(await files().facts(at('log'))).toMatchObject({ mode: 0o600 });
      await log.close();
    });
  });
}

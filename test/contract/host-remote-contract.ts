import { expect, test } from '@jest/globals';
import type { Current } from './host-contract.ts';

/** That each call arrives where it should, with what it was given; what it does is told by the contract of the host's own. */
export function describeRemote(current: Current): void {
  const at = (name: string) => `${current().folder}/${name}`;
  const remote = (server = 'server.example') => current().host.remote(server);
  const { files, mounts } = { files: () => current().host.files, mounts: () => current().host.mounts };
  const owner = { uid: 12, gid: 34, mode: 0o2750 };

  test('files are written, read, moved and removed as by the host itself', async () => {
    const there = remote().files;
    const text = 'ä\u0000\n🦫'.repeat(10_000);
    expect(await there.writeText(at('file'), text, 'exclusive')).toBe(true);
    expect(await there.writeText(at('file'), 'other', 'exclusive')).toBe(false);
    expect(await there.readText(at('file'))).toBe(text);
    expect(await files().readText(at('file'))).toBe(text);
    await there.rename(at('file'), at('moved'));
    expect(await files().list(current().folder)).toEqual(['moved']);
    await there.removeFile(at('moved'));
    expect(await there.list(current().folder)).toEqual([]);
  });
  test('bytes are read as by the host itself, fewer at the end', async () => {
    await files().writeText(at('file'), 'ä\u0000\n🦫', 'replace');
    const whole = Buffer.from('ä\u0000\n🦫');
    const there = remote().files;
    expect(Buffer.from(await there.readBytes(at('file'), 0, 100))).toEqual(whole);
    expect(Buffer.from(await there.readBytes(at('file'), 2, 3))).toEqual(whole.subarray(2, 5));
    expect((await there.readBytes(at('file'), 100, 1)).byteLength).toBe(0);
  });
  test('a mount is taken down, and one that is not there is done', async () => {
    for (const name of ['source', 'target']) await files().makeDirectory(at(name));
    await mounts().bind(at('source'), at('target'), 'read-write');
    for (let count = 0; count < 2; count++) await remote().unmount(at('target'), AbortSignal.timeout(10_000));
    expect(await mounts().at(at('target'))).toEqual({ kind: 'bare' });
  });
  test('a disk that is none is not mounted, with the error that it has here', async () => {
    for (const name of ['file', 'target']) await files().makeDirectory(at(name));
    const ext4 = { type: 'ext4', options: [], access: 'read-write' } as const;
    const there = remote().mountDisk(at('file'), at('target'), ext4, AbortSignal.timeout(10_000));
    await expect(there).rejects.toMatchObject({ code: 'ENOTBLK' });
  });
  test('directories get their owner, and are removed', async () => {
    const there = remote().files;
    await there.makeDirectory(at('a/b'));
    expect(await there.createDirectory(at('a/c'), owner)).toBe(true);
    expect(await there.createDirectory(at('a/c'), owner)).toBe(false);
    await there.setOwner(at('a/b'), owner);
    for (const name of ['a/b', 'a/c']) {
      expect(await there.facts(at(name))).toEqual(await files().facts(at(name)));
      expect(await there.facts(at(name))).toMatchObject({ kind: 'directory', ...owner });
    }
    await there.removeDirectory(at('a/b'));
    await there.removeTree(at('a'), AbortSignal.timeout(10_000));
    expect(await files().facts(at('a'))).toBeUndefined();
  });
  test('nothing there is undefined, and a refresh of it is done', async () => {
    const there = remote().files;
    expect(await there.readText(at('none'))).toBeUndefined();
    expect(await there.facts(at('none'))).toBeUndefined();
    expect(await there.realPath(at('none'))).toBeUndefined();
    expect(await there.list(at('none'))).toBeUndefined();
    await there.refresh(at('none'));
    await there.refresh(current().folder);
  });
  test('free space and real paths are those of the host', async () => {
    await files().makeDirectory(at('real'));
    await current().link(at('real'), at('link'));
    expect(await remote().files.realPath(at('link'))).toBe(at('real'));
    expect(await remote().files.freeBytes(current().folder)).toBeGreaterThan(0);
  });
  test('errors have the code that they have here', async () => {
    const there = remote().files;
    await there.makeDirectory(at('a/b'));
    await expect(there.removeDirectory(at('a'))).rejects.toMatchObject({ code: 'ENOTEMPTY' });
    await expect(there.rename(at('a/b'), at('a'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(there.freeBytes(at('none'))).rejects.toMatchObject({
      code: 'ENOENT',
      message: expect.stringContaining(at('none')),
    });
  });
  test('a removal that was given up is a timeout', async () => {
    await files().makeDirectory(at('tree'));
    const removal = remote().files.removeTree(at('tree'), AbortSignal.abort());
    await expect(removal).rejects.toMatchObject({ name: 'VolumeError', code: 'timeout' });
  });

  test('a bind shows the very directory of its source', async () => {
    await files().createDirectory(at('source'), owner);
    await files().makeMountpoint(at('target'));
    await remote().bind(at('source'), at('target'), 'read-write');
    const source = await files().facts(at('source'));
    expect(await mounts().at(at('target'))).toEqual({
      kind: 'mounted',
      device: source?.device,
      inode: source?.inode,
    });
    expect(await files().writeText(at('target/file'), '', 'replace')).toBe(true);
  });
  test('a read-only bind refuses writes', async () => {
    for (const name of ['source', 'target']) await files().makeDirectory(at(name));
    await remote().bind(at('source'), at('target'), 'read-only');
    const writing = files().writeText(at('target/file'), '', 'replace');
    await expect(writing).rejects.toMatchObject({ code: 'EROFS' });
  });
  test.each([
    ['a symlink in the last place', 'last', 'ELOOP'],
    ['a symlink on the way', 'within/sub', 'ELOOP'],
    ['a file', 'file', 'ENOTDIR'],
    ['a missing directory', 'none', 'ENOENT'],
  ])('%s is not bound', async (_, source, code) => {
    for (const name of ['real/sub', 'target']) await files().makeDirectory(at(name));
    await files().writeText(at('file'), '', 'replace');
    await current().link(at('real/sub'), at('last'));
    await current().link(at('real'), at('within'));
    await expect(remote().bind(at(source), at('target'), 'read-write')).rejects.toMatchObject({ code });
    await expect(remote().bind(at('real'), at('none'), 'read-write')).rejects.toMatchObject({
      code: 'ENOENT',
    });
    expect(await mounts().at(at('target'))).toEqual({ kind: 'bare' });
  });
  test('many calls of several servers at once all come back', async () => {
    const made = Array.from({ length: 40 }, (_, index) =>
      remote(`server-${index % 3}`).files.createDirectory(at(`d${index}`), owner),
    );
    expect(new Set(await Promise.all(made))).toEqual(new Set([true]));
    expect(await files().list(current().folder)).toHaveLength(40);
  });
}

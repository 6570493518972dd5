import { expect, test } from '@jest/globals';
import type { Current } from './contract.ts';

/** Each call must arrive with its arguments; its effect is tested by the host's own contract. */
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
  test('a mount is unmounted, and a missing one is not an error', async () => {
    for (const name of ['source', 'target']) await files().makeDirectory(at(name));
    await mounts().bind(at('source'), at('target'), []);
    for (let count = 0; count < 2; count++)
      await remote().unmount(at('target'), AbortSignal.timeout(100_000));
    expect(await mounts().at(at('target'))).toEqual({ kind: 'bare' });
  });
  test('a path that is not a disk is not mounted, with the same error as here', async () => {
    for (const name of ['file', 'target']) await files().makeDirectory(at(name));
    const ext4 = { type: 'ext4', options: [], access: 'read-write' } as const;
    const there = remote().mountDisk(at('file'), at('target'), ext4, AbortSignal.timeout(100_000));
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
    await there.removeTree(at('a'), AbortSignal.timeout(100_000));
    expect(await files().facts(at('a'))).toBeUndefined();
  });
  test('a new directory has the time at which it was made, and no attribute that nobody gave it', async () => {
    const there = remote().files;
    await there.makeDirectory(at('a'));
    const before = current().host.now();
    await there.createDirectory(at('a/timed'), owner);
    const facts = await there.facts(at('a/timed'));
    // The kernel's timestamps are those of its last tick.
    expect(facts?.modifiedAt).toBeGreaterThan(before - 100);
    expect(facts?.modifiedAt).toBeLessThanOrEqual(current().host.now());
    expect(await there.attribute(at('a/timed'), 'user.holdfast-none')).toBeUndefined();
  });
  test('a missing file is undefined, and its refresh succeeds', async () => {
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
    expect((await remote().files.space(current().folder)).freeBytes).toBeGreaterThan(0);
  });
  test('errors have the same code as here', async () => {
    const there = remote().files;
    await there.makeDirectory(at('a/b'));
    await expect(there.removeDirectory(at('a'))).rejects.toMatchObject({ code: 'ENOTEMPTY' });
    await expect(there.rename(at('a/b'), at('a'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(there.space(at('none'))).rejects.toMatchObject({
      code: 'ENOENT',
      message: expect.stringContaining(at('none')),
    });
  });
  test('an aborted removal is a timeout', async () => {
    await files().makeDirectory(at('tree'));
    const removal = remote().files.removeTree(at('tree'), AbortSignal.abort());
    await expect(removal).rejects.toMatchObject({ name: 'VolumeError', code: 'timeout' });
  });

  test('a bind shows the directory of its source itself', async () => {
    await files().createDirectory(at('source'), owner);
    await files().makeMountpoint(at('target'));
    await remote().bind(at('source'), at('target'), []);
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
    await remote().bind(at('source'), at('target'), ['ro', 'nosuid']);
    const [entry] = await mounts().below(current().folder);
    expect(entry?.options).toEqual(expect.arrayContaining(['ro', 'nosuid']));
    const writing = files().writeText(at('target/file'), '', 'replace');
    await expect(writing).rejects.toMatchObject({ code: 'EROFS' });
  });
  test.each([
    ['a symlink as last part', 'last', 'ELOOP'],
    ['a symlink on the way', 'within/sub', 'ELOOP'],
    ['a file', 'file', 'ENOTDIR'],
    ['a missing directory', 'none', 'ENOENT'],
  ])('%s is not bound', async (_, source, code) => {
    for (const name of ['real/sub', 'target']) await files().makeDirectory(at(name));
    await files().writeText(at('file'), '', 'replace');
    await current().link(at('real/sub'), at('last'));
    await current().link(at('real'), at('within'));
    await expect(remote().bind(at(source), at('target'), [])).rejects.toMatchObject({ code });
    await expect(remote().bind(at('real'), at('none'), [])).rejects.toMatchObject({
      code: 'ENOENT',
    });
    expect(await mounts().at(at('target'))).toEqual({ kind: 'bare' });
  });
  test('many simultaneous calls to several servers are all answered', async () => {
    const made = Array.from({ length: 40 }, (_, index) =>
      remote(`server-${index % 3}`).files.createDirectory(at(`d${index}`), owner),
    );
    expect(new Set(await Promise.all(made))).toEqual(new Set([true]));
    expect(await files().list(current().folder)).toHaveLength(40);
  });
}

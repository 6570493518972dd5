import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Current } from './contract.ts';

export function describeDirectories(current: Current): void {
  const at = (name: string) => `${current().folder}/${name}`;
  const files = () => current().host.files;

  let umask = 0;
  beforeEach(() => {
    umask = process.umask(0o077);
  });
  afterEach(() => void process.umask(umask));

  test('a directory is made with its parents, whatever the umask', async () => {
    await files().makeDirectory(at('a/b/c'));
    for (const path of ['a', 'a/b', 'a/b/c']) {
      expect(await files().facts(at(path))).toMatchObject({ kind: 'directory', mode: 0o755 });
    }
  });
  test('an existing directory is left unchanged', async () => {
    await files().createDirectory(at('a'), { uid: 12, gid: 34, mode: 0o700 });
    await files().makeDirectory(at('a'));
    await files().makeDirectory(at('a/b'));
    expect(await files().facts(at('a'))).toMatchObject({ uid: 12, gid: 34, mode: 0o700 });
  });
  test('only the owner can enter a private directory, with any umask; its parents are as usual', async () => {
    process.umask(0);
    expect(await files().makePrivateDirectory(at('a/b'))).toBeUndefined();
    expect(await files().facts(at('a'))).toMatchObject({ mode: 0o755 });
    expect(await files().facts(at('a/b'))).toMatchObject({ kind: 'directory', mode: 0o700 });
    expect(await files().makePrivateDirectory(at('a/b'))).toBeUndefined();
  });
  test('an existing directory becomes private, its content stays unchanged, and its old mode is returned', async () => {
    await files().makeDirectory(at('a/inner'));
    await current().link(at('a'), at('link'));
    expect(await files().makePrivateDirectory(at('link'))).toBe('0755');
    expect(await files().facts(at('a'))).toMatchObject({ mode: 0o700 });
    expect(await files().facts(at('a/inner'))).toMatchObject({ mode: 0o755 });
    expect(await files().makePrivateDirectory(at('a'))).toBeUndefined();
    await files().makeDirectory(at('direct'));
    expect(await files().makePrivateDirectory(at('direct'))).toBe('0755');
    expect(await files().facts(at('direct'))).toMatchObject({ mode: 0o700 });
  });
  test.each([
    ['belongs to another user', { uid: 4242, gid: 0, mode: 0o700 }, /belongs to user 4242.*chown root: /],
    ['others may write', { uid: 0, gid: 0, mode: 0o757 }, /mode 0757.*others can write.*chmod go-w /],
    ['others may write, sticky', { uid: 0, gid: 0, mode: 0o1777 }, /mode 0777.*others can write/],
    ['a group may write', { uid: 0, gid: 50, mode: 0o770 }, /mode 0770.*others can write/],
  ])('a directory that %s is refused, and left unchanged', async (_, owner, message) => {
    await files().createDirectory(at('a'), owner);
    await expect(files().makePrivateDirectory(at('a'))).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringMatching(message),
    });
    expect(await files().facts(at('a'))).toMatchObject(owner);
  });
  test.each([
    ['belongs to another user', { uid: 4242, gid: 0, mode: 0o755 }],
    ['others may write', { uid: 0, gid: 0, mode: 0o777 }],
  ])('a directory is refused if one above it %s', async (_, owner) => {
    await files().createDirectory(at('above'), owner);
    await expect(files().makePrivateDirectory(at('above/a'))).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining(at('above')),
    });
    await files().createDirectory(at('above/b'), { uid: 0, gid: 0, mode: 0o755 });
    await expect(files().makePrivateDirectory(at('above/b'))).rejects.toMatchObject({ code: 'failed' });
    expect(await files().facts(at('above/b'))).toMatchObject({ mode: 0o755 });
  });
  test('a sticky directory above it is accepted: nobody else can rename what belongs to root there', async () => {
    await files().createDirectory(at('above'), { uid: 0, gid: 0, mode: 0o1777 });
    expect(await files().makePrivateDirectory(at('above/a'))).toBeUndefined();
    expect(await files().facts(at('above/a'))).toMatchObject({ mode: 0o700 });
  });
  test('a file in place of a private directory is an error', async () => {
    await files().writeText(at('file'), '', 'replace');
    await expect(files().makePrivateDirectory(at('file'))).rejects.toMatchObject({
      code: 'ENOTDIR',
    });
    expect(await files().facts(at('file'))).toMatchObject({ kind: 'file', mode: 0o600 });
  });
  test('a directory is created with exactly its owner, once', async () => {
    const owner = { uid: 1234, gid: 5678, mode: 0o2775 };
    expect(await files().createDirectory(at('a'), owner)).toBe(true);
    expect(await files().createDirectory(at('a'), { uid: 0, gid: 0, mode: 0o700 })).toBe(false);
    expect(await files().facts(at('a'))).toMatchObject(owner);
  });
  test('only the directory itself is created, never its parents', async () => {
    const owner = { uid: 0, gid: 0, mode: 0o755 };
    await expect(files().createDirectory(at('none/a'), owner)).rejects.toMatchObject({ code: 'ENOENT' });
    await files().writeText(at('file'), '', 'replace');
    expect(await files().createDirectory(at('file'), owner)).toBe(false);
  });
  test('an owner or group of -1 stays unchanged', async () => {
    await files().createDirectory(at('a'), { uid: 12, gid: 34, mode: 0o700 });
    await files().setOwner(at('a'), { uid: -1, gid: 5, mode: 0o750 });
    expect(await files().facts(at('a'))).toMatchObject({ uid: 12, gid: 5, mode: 0o750 });
    await files().createDirectory(at('b'), { uid: -1, gid: -1, mode: 0o700 });
    const { uid, gid } = (await files().facts(current().folder)) ?? {};
    expect(await files().facts(at('b'))).toMatchObject({ uid, gid, mode: 0o700 });
  });
  test('the owner of a directory can be changed', async () => {
    await files().makeDirectory(at('a'));
    await files().setOwner(at('a'), { uid: 1, gid: 2, mode: 0o1777 });
    expect(await files().facts(at('a'))).toMatchObject({ uid: 1, gid: 2, mode: 0o1777 });
    await expect(files().setOwner(at('none'), { uid: 1, gid: 2, mode: 0 })).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });

  test('a bare mountpoint refuses writes, even if it is made twice', async () => {
    for (let time = 0; time < 2; time += 1) {
      await files().makeMountpoint(at('deep/mountpoint'));
      expect(await files().facts(at('deep/mountpoint'))).toMatchObject({ kind: 'directory', mode: 0 });
    }
    if (!current().knowsImmutable) return;
    await expect(files().writeText(at('deep/mountpoint/file'), '', 'replace')).rejects.toMatchObject({
      code: 'EPERM',
    });
  });
  test('an existing directory can become a mountpoint', async () => {
    await files().makeDirectory(at('mountpoint'));
    await files().makeMountpoint(at('mountpoint'));
    expect(await files().facts(at('mountpoint'))).toMatchObject({ mode: 0 });
  });
  test('a mountpoint with a mount is left unchanged', async () => {
    await files().createDirectory(at('source'), { uid: 5, gid: 5, mode: 0o755 });
    await files().makeMountpoint(at('mountpoint'));
    await current().host.mounts.bind(at('source'), at('mountpoint'), []);
    await files().makeMountpoint(at('mountpoint'));
    expect(await files().writeText(at('mountpoint/file'), '', 'replace')).toBe(true);
    expect(await files().facts(at('source'))).toMatchObject({ uid: 5, gid: 5, mode: 0o755 });
  });
  test('a mountpoint is removed with its protection, idempotently', async () => {
    await files().makeMountpoint(at('mountpoint'));
    await files().removeDirectory(at('mountpoint'));
    await files().removeDirectory(at('mountpoint'));
    expect(await files().facts(at('mountpoint'))).toBeUndefined();
  });
  test('a directory that is not empty is never removed', async () => {
    await files().makeDirectory(at('a/b'));
    await expect(files().removeDirectory(at('a'))).rejects.toMatchObject({ code: 'ENOTEMPTY' });
    await files().writeText(at('file'), '', 'replace');
    await expect(files().removeDirectory(at('file'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
  test('a directory is removed if it is empty, and left alone otherwise', async () => {
    for (const name of ['empty', 'full/inner', 'source', 'mountpoint']) await files().makeDirectory(at(name));
    await files().writeText(at('file'), 'text', 'replace');
    await current().host.mounts.bind(at('source'), at('mountpoint'), []);
    for (const name of ['empty', 'full', 'mountpoint', 'file', 'none', 'file/none'])
      await files().removeIfEmpty(at(name));
    expect(await files().facts(at('empty'))).toBeUndefined();
    for (const name of ['full/inner', 'source', 'mountpoint', 'file'])
      expect(await files().facts(at(name))).toBeDefined();
  });
  test('a mounted directory is never removed, and keeps its protection', async () => {
    await files().makeDirectory(at('source'));
    await files().makeMountpoint(at('mountpoint'));
    await current().host.mounts.bind(at('source'), at('mountpoint'), []);
    await expect(files().removeDirectory(at('mountpoint'))).rejects.toMatchObject({ code: 'EBUSY' });
    await current().host.mounts.unmount(at('mountpoint'));
    expect(await files().facts(at('mountpoint'))).toMatchObject({ mode: 0 });
    if (!current().knowsImmutable) return;
    await expect(files().makeDirectory(at('mountpoint/a'))).rejects.toMatchObject({ code: 'EPERM' });
  });
  test('a tree with a mount in it is never removed, not even partly', async () => {
    await files().makeDirectory(at('source'));
    await files().writeText(at('source/file'), 'precious', 'replace');
    await files().makeDirectory(at('tree/mountpoint'));
    await files().writeText(at('tree/file'), 'kept', 'replace');
    await current().host.mounts.bind(at('source'), at('tree/mountpoint'), []);
    const removal = files().removeTree(at('tree'), AbortSignal.timeout(100_000));
    await expect(removal).rejects.toMatchObject({ code: 'EBUSY' });
    expect(await files().readText(at('source/file'))).toBe('precious');
    expect(await files().readText(at('tree/file'))).toBe('kept');
  });
}

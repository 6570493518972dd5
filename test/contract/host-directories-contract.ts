import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Current } from './host-contract.ts';

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
  test('an existing directory is left as it is', async () => {
    await files().createDirectory(at('a'), { uid: 12, gid: 34, mode: 0o700 });
    await files().makeDirectory(at('a'));
    await files().makeDirectory(at('a/b'));
    expect(await files().facts(at('a'))).toMatchObject({ uid: 12, gid: 34, mode: 0o700 });
  });
  test('a directory is created with exactly its owner, once', async () => {
    const owner = { uid: 1234, gid: 5678, mode: 0o2775 };
    expect(await files().createDirectory(at('a'), owner)).toBe(true);
    expect(await files().createDirectory(at('a'), { uid: 0, gid: 0, mode: 0o700 })).toBe(false);
    expect(await files().facts(at('a'))).toMatchObject(owner);
  });
  test('just the one directory is created, never its parents', async () => {
    const owner = { uid: 0, gid: 0, mode: 0o755 };
    await expect(files().createDirectory(at('none/a'), owner)).rejects.toMatchObject({ code: 'ENOENT' });
    await files().writeText(at('file'), '', 'replace');
    expect(await files().createDirectory(at('file'), owner)).toBe(false);
  });
  test('an owner or group of -1 is left as it is', async () => {
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

  test('a bare mountpoint refuses writes, also when it is made twice', async () => {
    for (let time = 0; time < 2; time += 1) {
      await files().makeMountpoint(at('deep/mountpoint'));
      expect(await files().facts(at('deep/mountpoint'))).toMatchObject({ kind: 'directory', mode: 0 });
    }
    if (!current().knowsImmutable) return;
    await expect(files().writeText(at('deep/mountpoint/file'), '', 'replace')).rejects.toMatchObject({
      code: 'EPERM',
    });
  });
  test('a directory that was there becomes a mountpoint', async () => {
    await files().makeDirectory(at('mountpoint'));
    await files().makeMountpoint(at('mountpoint'));
    expect(await files().facts(at('mountpoint'))).toMatchObject({ mode: 0 });
  });
  test('a mountpoint with something mounted is left as it is', async () => {
    await files().createDirectory(at('source'), { uid: 5, gid: 5, mode: 0o755 });
    await files().makeMountpoint(at('mountpoint'));
    await current().host.mounts.bind(at('source'), at('mountpoint'), 'read-write');
    await files().makeMountpoint(at('mountpoint'));
    expect(await files().writeText(at('mountpoint/file'), '', 'replace')).toBe(true);
    expect(await files().facts(at('source'))).toMatchObject({ uid: 5, gid: 5, mode: 0o755 });
  });
  test('a mountpoint is removed with its protection, and again', async () => {
    await files().makeMountpoint(at('mountpoint'));
    await files().removeDirectory(at('mountpoint'));
    await files().removeDirectory(at('mountpoint'));
    expect(await files().facts(at('mountpoint'))).toBeUndefined();
  });
  test('a directory with something in it is never removed', async () => {
    await files().makeDirectory(at('a/b'));
    await expect(files().removeDirectory(at('a'))).rejects.toMatchObject({ code: 'ENOTEMPTY' });
    await files().writeText(at('file'), '', 'replace');
    await expect(files().removeDirectory(at('file'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
  test('a directory with something mounted on it is never removed, and nothing loses its protection', async () => {
    await files().makeDirectory(at('source'));
    await files().makeMountpoint(at('mountpoint'));
    await current().host.mounts.bind(at('source'), at('mountpoint'), 'read-write');
    await expect(files().removeDirectory(at('mountpoint'))).rejects.toMatchObject({ code: 'EBUSY' });
    await current().host.mounts.unmount(at('mountpoint'));
    expect(await files().facts(at('mountpoint'))).toMatchObject({ mode: 0 });
    if (!current().knowsImmutable) return;
    await expect(files().makeDirectory(at('mountpoint/a'))).rejects.toMatchObject({ code: 'EPERM' });
  });
  test('a tree with something mounted in it is never removed, not even in part', async () => {
    await files().makeDirectory(at('source'));
    await files().writeText(at('source/file'), 'precious', 'replace');
    await files().makeDirectory(at('tree/mountpoint'));
    await files().writeText(at('tree/file'), 'kept', 'replace');
    await current().host.mounts.bind(at('source'), at('tree/mountpoint'), 'read-write');
    const removal = files().removeTree(at('tree'), AbortSignal.timeout(10_000));
    await expect(removal).rejects.toMatchObject({ code: 'EBUSY' });
    expect(await files().readText(at('source/file'))).toBe('precious');
    expect(await files().readText(at('tree/file'))).toBe('kept');
  });
}

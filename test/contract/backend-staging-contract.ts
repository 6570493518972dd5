import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Current } from './backend-contract.ts';

export function describeStaging(get: Current): void {
  const mountsOf = async () =>
    (await get().underTest.host.mounts.below(join(get().underTest.folder, 'mnt'))).map(
      (mount) => mount.mountpoint,
    );

  test('makes a fresh volume look empty', async () => {
    const mountpoint = await get().stage(await get().create('db'));
    expect(await get().underTest.host.files.list(mountpoint)).toEqual([]);
  });
  test('is one mount, and none after unstage; the mountpoint stays', async () => {
    const volume = await get().create('db');
    const mountpoint = await get().stage(volume);
    expect(await mountsOf()).toEqual([mountpoint]);
    await get().unstage(volume);
    expect(await mountsOf()).toEqual([]);
    expect((await get().underTest.host.mounts.at(mountpoint)).kind).toBe('bare');
    expect(await get().underTest.host.files.list(join(get().underTest.folder, 'mnt'))).toEqual(['db']);
  });
  test('shows the same data each time', async () => {
    const volume = await get().create('db');
    await get().write(volume, 'kept');
    expect(await get().read(volume)).toBe('kept');
    const again = get().reopen();
    const mountpoint = await get().mountpointOf(volume);
    await again.stage(volume, mountpoint, get().signal);
    expect(await get().underTest.host.files.readText(join(mountpoint, 'file'))).toBe('kept');
  });
  test('shows the same thing under the same identity', async () => {
    const volume = await get().create('db');
    const mountpoint = await get().stage(volume);
    const first = await get().underTest.host.mounts.at(mountpoint);
    await get().stage(volume);
    expect(await get().underTest.host.mounts.at(mountpoint)).toEqual(first);
  });
  test('stages twice as once', async () => {
    const volume = await get().create('db');
    const mountpoint = await get().stage(volume);
    await get().underTest.host.files.writeText(join(mountpoint, 'file'), 'kept', 'replace');
    await get().stage(volume);
    expect(await mountsOf()).toEqual([mountpoint]);
    await get().unstage(volume);
    expect(await mountsOf()).toEqual([]);
    expect(await get().read(volume)).toBe('kept');
  });
  test('unstages what was never staged, and twice as once', async () => {
    const volume = await get().create('db');
    await get().unstage(volume);
    await get().stage(volume);
    await get().unstage(volume);
    await get().unstage(volume);
    expect(await mountsOf()).toEqual([]);
  });
  test('gives a fresh volume its owner and mode, and does not take back what the user changed', async () => {
    if (get().traits.ownership === 'fixed') return;
    const { files } = get().underTest.host;
    const volume = await get().create('db', { uid: '1000', gid: '1001', mode: '2750' });
    const mountpoint = await get().stage(volume);
    expect(await files.facts(mountpoint)).toMatchObject({ uid: 1000, gid: 1001, mode: 0o2750 });
    await files.setOwner(mountpoint, { uid: 7, gid: 8, mode: 0o700 });
    await get().unstage(volume);
    await get().stage(volume);
    expect(await files.facts(mountpoint)).toMatchObject({ uid: 7, gid: 8, mode: 0o700 });
  });
  test('lets nothing be written to a read-only volume', async () => {
    const { files, mounts } = get().underTest.host;
    const volume = await get().create('db', { readOnly: 'true' });
    if (get().traits.freshReadOnly === 'refused') {
      await expect(get().stage(volume)).rejects.toMatchObject({
        message: expect.stringMatching(/db.*read-only/),
      });
      return;
    }
    const mountpoint = await get().stage(volume);
    await expect(files.writeText(join(mountpoint, 'file'), 'x', 'replace')).rejects.toMatchObject({
      code: 'EROFS',
    });
    const [mount] = await mounts.below(join(get().underTest.folder, 'mnt'));
    expect(mount?.options).toContain('ro');
  });
  test('keeps volumes apart that are staged at the same time', async () => {
    const isShared = get().traits.data === 'adopted';
    const volumes = [await get().create('a'), await get().create('b')];
    for (const volume of volumes) await get().write(volume, volume.name);
    const mountpoints = await Promise.all(volumes.map((volume) => get().stage(volume)));
    const texts = mountpoints.map((path) => get().underTest.host.files.readText(join(path, 'file')));
    expect(await Promise.all(texts)).toEqual([isShared ? 'b' : 'a', 'b']);
  });
  test('refuses to stage what does not exist, recreates nothing, and names it', async () => {
    const error = await get()
      .stage(get().plan('ghost'))
      .catch((thrown) => thrown);
    if (get().traits.data === 'adopted') return;
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringMatching(/ghost.*missing/) });
    expect(await mountsOf()).toEqual([]);
    expect(await get().names()).toEqual([]);
  });
  test('refuses a mountpoint where something else is mounted, and leaves that alone', async () => {
    const { files, mounts } = get().underTest.host;
    const volume = await get().create('db');
    const mountpoint = await get().mountpointOf(volume);
    const foreign = join(get().underTest.folder, 'foreign');
    await files.makeDirectory(foreign);
    await mounts.bind(foreign, mountpoint, 'read-write');
    const before = await mounts.at(mountpoint);
    await expect(get().stage(volume)).rejects.toMatchObject({ message: expect.stringContaining('db') });
    expect(await mounts.at(mountpoint)).toEqual(before);
  });
}

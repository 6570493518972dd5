import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Current } from './contract.ts';

export function describeStaging(get: Current): void {
  const mountsOf = async () =>
    (await get().underTest.host.mounts.below(join(get().underTest.folder, 'mnt'))).map(
      (mount) => mount.mountpoint,
    );

  test('shows a fresh volume as empty', async () => {
    const mountpoint = await get().stage(await get().create('db'));
    expect(await get().underTest.host.files.list(mountpoint)).toEqual([]);
  });
  test('makes one mount, and unstage leaves none; the mountpoint stays', async () => {
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
  test('shows the same device and inode each time', async () => {
    const volume = await get().create('db');
    const mountpoint = await get().stage(volume);
    const first = await get().underTest.host.mounts.at(mountpoint);
    await get().stage(volume);
    expect(await get().underTest.host.mounts.at(mountpoint)).toEqual(first);
  });
  test('is idempotent', async () => {
    const volume = await get().create('db');
    const mountpoint = await get().stage(volume);
    await get().underTest.host.files.writeText(join(mountpoint, 'file'), 'kept', 'replace');
    await get().stage(volume);
    expect(await mountsOf()).toEqual([mountpoint]);
    await get().unstage(volume);
    expect(await mountsOf()).toEqual([]);
    expect(await get().read(volume)).toBe('kept');
  });
  test('can be undone repeatedly, even if it never happened', async () => {
    const volume = await get().create('db');
    await get().unstage(volume);
    await get().stage(volume);
    await get().unstage(volume);
    await get().unstage(volume);
    expect(await mountsOf()).toEqual([]);
  });
  test('gives a fresh volume its owner and mode, and keeps later changes by the user', async () => {
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
  test('makes a read-only volume refuse writes', async () => {
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
  test('disables set-user-ID, devices and programs on request, each time', async () => {
    const { mounts } = get().underTest.host;
    const flagsOf = async () =>
      (await mounts.below(join(get().underTest.folder, 'mnt'))).flatMap(({ options }) =>
        ['nosuid', 'nodev', 'noexec'].filter((flag) => options.includes(flag)),
      );
    const volume = await get().create('db', { nosuid: 'true', nodev: 'true' });
    await get().stage(volume);
    await get().stage(volume);
    expect(await flagsOf()).toEqual(['nosuid', 'nodev']);
    await get().unstage(volume);
    await get().stage(volume);
    expect(await flagsOf()).toEqual(['nosuid', 'nodev']);
    await get().unstage(volume);
    const strict = get().reopen({ defaults: { nosuid: 'true', noexec: 'true' } });
    const { options } = strict.plan(get().plan('other').name, { ...get().traits.options, noexec: 'false' });
    expect(options).toMatchObject({ nosuid: 'true' });
    expect(options).not.toHaveProperty('noexec');
  });
  test('adds these flags to a bind that an earlier daemon left without them', async () => {
    const { mounts } = get().underTest.host;
    const volume = await get().create('db', { nosuid: 'true' });
    const mountpoint = await get().mountpointOf(volume);
    const { nosuid: _, ...rest } = volume.options;
    await get().stage({ ...volume, options: rest });
    await get().stage(volume);
    const found = await mounts.below(join(get().underTest.folder, 'mnt'));
    expect(found.map((entry) => [entry.mountpoint, entry.options.includes('nosuid')])).toEqual([
      [mountpoint, true],
    ]);
  });
  test('keeps simultaneously staged volumes separate', async () => {
    const isShared = get().traits.data === 'adopted';
    const volumes = [await get().create('a'), await get().create('b')];
    for (const volume of volumes) await get().write(volume, volume.name);
    const mountpoints = await Promise.all(volumes.map((volume) => get().stage(volume)));
    const texts = mountpoints.map((path) => get().underTest.host.files.readText(join(path, 'file')));
    expect(await Promise.all(texts)).toEqual([isShared ? 'b' : 'a', 'b']);
  });
  test('refuses a volume that does not exist, recreates nothing, and names it', async () => {
    const error = await get()
      .stage(get().plan('ghost'))
      .catch((thrown) => thrown);
    if (get().traits.data === 'adopted') return;
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringMatching(/ghost.*missing/) });
    expect(await mountsOf()).toEqual([]);
    expect(await get().names()).toEqual([]);
  });
  test('refuses a mountpoint with a foreign mount, which stays', async () => {
    const { files, mounts } = get().underTest.host;
    const volume = await get().create('db');
    const mountpoint = await get().mountpointOf(volume);
    const foreign = join(get().underTest.folder, 'foreign');
    await files.makeDirectory(foreign);
    await mounts.bind(foreign, mountpoint, []);
    const before = await mounts.at(mountpoint);
    await expect(get().stage(volume)).rejects.toMatchObject({ message: expect.stringContaining('db') });
    expect(await mounts.at(mountpoint)).toEqual(before);
  });
}

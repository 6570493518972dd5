import { expect, test } from '@jest/globals';
import type { Amount } from '../../../src/core/waits/progress.ts';
import type { FileSystem } from '../../../src/host/host.ts';
import type { Current } from './contract.ts';

const ext4: FileSystem = { type: 'ext4', options: [], access: 'read-write' };
const size = 16 << 20;

/** If the folder's file system cannot share blocks, the opposite is tested. */
export function describeCopies(current: Current): void {
  const at = (name: string) => `${current().folder}/${name}`;
  const host = () => current().host;
  const files = () => current().host.files;
  const long = () => AbortSignal.timeout(100_000);

  async function mountedImage(): Promise<void> {
    await files().createSparse(at('image'), size);
    expect((await host().programs.run('mkfs.ext4', ['-q', '-F', at('image')], long())).exitCode).toBe(0);
    await files().makeDirectory(at('target'));
    await host().mounts.mountImage(at('image'), at('target'), ext4);
  }

  test('a tree is copied with owners, modes and links', async () => {
    await files().makeDirectory(at('tree'));
    await files().createDirectory(at('tree/own'), { uid: 7, gid: 8, mode: 0o750 });
    await files().writeText(at('tree/own/file'), 'text', 'replace');
    await current().link('/nowhere', at('tree/link'));
    await files().below(current().folder).copy(at('tree'), at('copy'), long());
    expect(await files().facts(at('copy/own'))).toMatchObject({ uid: 7, gid: 8, mode: 0o750 });
    expect(await files().readText(at('copy/own/file'))).toBe('text');
    expect(await files().facts(at('copy/link'))).toMatchObject({ kind: 'symlink' });
    await files().writeText(at('tree/own/file'), 'later', 'replace');
    expect(await files().readText(at('copy/own/file'))).toBe('text');
  });
  test('a copy tells how many entries it has copied, and a removal how many it has removed', async () => {
    await files().makeDirectory(at('tree/a'));
    for (const name of ['x', 'a/y', "a/it's\nodd"])
      await files().writeText(at(`tree/${name}`), '1', 'replace');
    const told: Amount[] = [];
    const tell = (done: Amount) => void told.push(done);
    await files().copy(at('tree'), at('copy'), long(), tell);
    expect(told.splice(0).at(-1)).toEqual({ entries: 5 });
    await files().below(current().folder).removeTree(at('copy'), long(), tell);
    expect(told.splice(0).at(-1)).toEqual({ entries: 5 });
    const remote = host().remote('server').files;
    await remote.below(current().folder).copy(at('tree'), at('again'), long(), tell);
    await remote.removeTree(at('tree'), long(), tell);
    expect(told).toEqual([{ entries: 5 }, { entries: 5 }]);
  });
  test('a copy replaces nothing, and a copy of a missing path fails', async () => {
    await files().writeText(at('one'), '1', 'replace');
    await files().writeText(at('two'), '2', 'replace');
    await expect(files().copy(at('one'), at('two'), long())).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await files().readText(at('two'))).toBe('2');
    await expect(files().copy(at('none'), at('three'), long())).rejects.toThrow();
    expect(await files().facts(at('three'))).toBeUndefined();
  });
  test('a copy goes through no symlink below its root', async () => {
    await files().makeDirectory(at('root/real'));
    await files().writeText(at('root/real/file'), 'x', 'replace');
    await current().link(at('root/real'), at('root/link'));
    const below = files().below(at('root'));
    await expect(below.copy(at('root/link/file'), at('root/copy'), long())).rejects.toMatchObject({
      code: 'EFTYPE',
    });
    await expect(below.copy(at('root/real/file'), at('root/link/copy'), long())).rejects.toMatchObject({
      code: 'EFTYPE',
    });
  });
  test('the copy of a sparse file takes no more than the file', async () => {
    await files().createSparse(at('sparse'), size);
    await files().copy(at('sparse'), at('copy'), long());
    expect(await files().facts(at('copy'))).toMatchObject({ size, allocated: 0 });
  });
  test('a file is made longer, and never shorter', async () => {
    await files().writeText(at('file'), 'four', 'replace');
    await files().extend(at('file'), 10);
    expect(await files().facts(at('file'))).toMatchObject({ size: 10 });
    await files().below(current().folder).extend(at('file'), 5);
    expect(await files().facts(at('file'))).toMatchObject({ size: 10 });
    await expect(files().extend(at('none'), 5)).rejects.toMatchObject({ code: 'ENOENT' });
  });
  test('a clone is a file of its own, or refused by a file system without shared blocks', async () => {
    const can = await files().canClone(current().folder);
    expect(await files().list(current().folder)).toEqual([]);
    await files().writeText(at('file'), 'text', 'replace');
    const cloned = files().below(current().folder).clone(at('file'), at('clone'));
    if (!can) return expect(cloned).rejects.toMatchObject({ code: 'ENOTSUP' });
    await cloned;
    await files()
      .below(current().folder)
      .sync([at('clone'), current().folder]);
    await files().writeText(at('file'), 'later', 'replace');
    expect(await files().readText(at('clone'))).toBe('text');
    await expect(files().clone(at('file'), at('clone'))).rejects.toMatchObject({ code: 'EEXIST' });
  });
  test('a mounted image is cloned with all that was written to it, and can be written afterwards', async () => {
    await mountedImage();
    await files().writeText(at('target/file'), 'before', 'replace');
    const freeze = { mountpoint: at('target'), most: 5_000 };
    const can = await files().canClone(current().folder);
    const cloned = files().below(current().folder).cloneFrozen(at('image'), at('clone'), freeze);
    if (can) await cloned;
    else await expect(cloned).rejects.toMatchObject({ code: 'failed' });
    await files().writeText(at('target/file'), 'after', 'replace');
    await host().mounts.unmount(at('target'));
    if (!can) return;
    await host().mounts.mountImage(at('clone'), at('target'), ext4);
    expect(await files().readText(at('target/file'))).toBe('before');
  });
  test('work that is done while a file system is frozen meets no write, and all that was written before', async () => {
    await mountedImage();
    await files().writeText(at('target/file'), 'before', 'replace');
    const order: string[] = [];
    const done = await host().mounts.whileFrozen(at('target'), 60_000, async () => {
      order.push('work');
      return 7;
    });
    expect(done).toEqual({ value: 7, isWhole: true });
    await files().writeText(at('target/file'), 'after', 'replace');
    expect(order).toEqual(['work']);
    await expect(
      host().mounts.whileFrozen(at('target'), 60_000, () => Promise.reject(new Error('no'))),
    ).rejects.toThrow('no');
    await files().writeText(at('target/file'), 'again', 'replace');
    await expect(
      host().mounts.whileFrozen(at('none'), 60_000, async () => void order.push('never')),
    ).rejects.toMatchObject({ code: 'unavailable' });
    expect(order).toEqual(['work']);
  });
  test('nothing is frozen if nothing is mounted there, above all not the file system around it', async () => {
    await mountedImage();
    await files().makeDirectory(at('target/bare'));
    const freeze = { mountpoint: at('target/bare'), most: 5_000 };
    const bare = { code: 'unavailable', message: expect.stringContaining('nothing is mounted there') };
    const work = async () => Promise.reject(new Error('begun'));
    await expect(host().mounts.whileFrozen(freeze.mountpoint, 5_000, work)).rejects.toMatchObject(bare);
    for (const one of [files(), files().below(current().folder)])
      await expect(one.cloneFrozen(at('image'), at('clone'), freeze)).rejects.toMatchObject(bare);
    expect(await files().facts(at('clone'))).toBeUndefined();
  });
  test('a thaw of a file system that is not frozen does nothing', async () => {
    await mountedImage();
    await host().mounts.thaw(at('target'));
    await host().mounts.thaw(current().folder);
    await host().mounts.thaw(at('none'));
    await files().writeText(at('target/file'), 'x', 'replace');
  });
  test('an image grows while it is mounted', async () => {
    // ext4 needs CAP_SYS_RESOURCE for this, which the tests may lack.
    await files().createSparse(at('image'), 300 << 20);
    expect((await host().programs.run('mkfs.xfs', ['-q', at('image')], long())).exitCode).toBe(0);
    await files().makeDirectory(at('target'));
    await host().mounts.mountImage(at('image'), at('target'), { ...ext4, type: 'xfs' });
    await files().writeText(at('target/file'), 'kept', 'replace');
    const before = await files().readBytes(at('image'), 0, 2048);
    await files().extend(at('image'), 400 << 20);
    await host().mounts.refreshImage(at('target'));
    expect((await host().programs.run('xfs_growfs', [at('target')], long())).exitCode).toBe(0);
    expect(await files().readText(at('target/file'))).toBe('kept');
    await host().mounts.unmount(at('target'));
    expect(await files().readBytes(at('image'), 0, 2048)).not.toEqual(before);
    await expect(host().mounts.refreshImage(at('target'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
}

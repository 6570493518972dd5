import { expect, test } from '@jest/globals';
import type { DetachedMount, FileSystem } from '../../../src/host/host.ts';
import { eventually } from '../../lab/eventually.ts';
import type { Current } from './contract.ts';

const ext4: FileSystem = { type: 'ext4', options: [], access: 'read-write' };

export function describeDetached(current: Current): void {
  const at = (name: string) => `${current().folder}/${name}`;
  const host = () => current().host;
  const isFree = () =>
    eventually('its loop device is free', async () => (await current().loopsOf(at('image'))) === 0);

  async function makeImage(): Promise<void> {
    await host().files.createSparse(at('image'), 16 << 20);
    const args = ['-q', '-F', at('image')];
    const { exitCode } = await host().programs.run('mkfs.ext4', args, AbortSignal.timeout(100_000));
    expect(exitCode).toBe(0);
    await host().files.makeDirectory(at('target'));
  }

  /** Undefined on a host that cannot do it, and says so. */
  async function detached(fileSystem = ext4): Promise<DetachedMount | undefined> {
    await makeImage();
    const mounted = await host().mounts.mountDetached(at('image'), fileSystem);
    expect(mounted !== undefined).toBe(current().detaches);
    if (mounted === undefined) expect(await current().loopsOf(at('image'))).toBe(0);
    return mounted;
  }

  async function withDirectory(fileSystem = ext4): Promise<DetachedMount | undefined> {
    const mounted = await detached(fileSystem);
    const files = mounted && host().files.below(mounted.root);
    await files?.createDirectory(`${mounted?.root}/data`, { uid: 5, gid: 6, mode: 0o750 });
    await files?.writeText(`${mounted?.root}/data/file`, 'kept', 'replace');
    return mounted;
  }

  test('are seen by nobody, and their files are there for this process', async () => {
    const mounted = await withDirectory();
    if (mounted === undefined) return;
    const files = host().files.below(mounted.root);
    const { device } = (await files.facts(mounted.root)) ?? {};
    expect(device).toMatch(/^7:\d+$/);
    const all = await host().mounts.below('/');
    expect(all.filter((entry) => entry.device === device)).toEqual([]);
    expect(await files.readText(`${mounted.root}/data/file`)).toBe('kept');
    expect(await files.facts(`${mounted.root}/data`)).toMatchObject({
      kind: 'directory',
      uid: 5,
      mode: 0o750,
    });
    expect(await files.facts(`${mounted.root}/none`)).toBeUndefined();
    await mounted.close();
    await isFree();
  });
  test('show a directory of theirs, also after they ended', async () => {
    const mounted = await withDirectory();
    if (mounted === undefined) return;
    const { inode } = (await host().files.below(mounted.root).facts(`${mounted.root}/data`)) ?? {};
    await mounted.bind(`${mounted.root}/data`, at('target'), []);
    await mounted.close();
    expect(await host().mounts.at(at('target'))).toMatchObject({ kind: 'mounted', inode });
    expect(await host().files.readText(at('target/file'))).toBe('kept');
    const [entry, ...others] = await host().mounts.below(current().folder);
    expect(entry).toMatchObject({ mountpoint: at('target'), root: '/data', type: 'ext4' });
    expect(others).toEqual([]);
    expect(await current().loopsOf(at('image'))).toBe(1);
    await host().mounts.unmount(at('target'));
    await isFree();
  });
  test('give their binds the flags of both', async () => {
    const mounted = await withDirectory({ ...ext4, options: ['nodev'] });
    await mounted?.bind(`${mounted.root}/data`, at('target'), ['ro', 'nosuid']);
    await mounted?.close();
    if (mounted === undefined) return;
    const [entry] = await host().mounts.below(current().folder);
    expect(entry?.options).toEqual(expect.arrayContaining(['ro', 'nosuid', 'nodev']));
    expect(entry?.superOptions).toEqual(expect.arrayContaining(['rw']));
    await expect(host().files.writeText(at('target/new'), '', 'replace')).rejects.toMatchObject({
      code: 'EROFS',
    });
  });
  test('show no symlink, and nothing that is missing', async () => {
    const mounted = await withDirectory();
    if (mounted === undefined) return;
    await current().link('data', `${mounted.root}/link`);
    const bind = (name: string) => mounted.bind(`${mounted.root}/${name}`, at('target'), []);
    await expect(bind('link')).rejects.toMatchObject({ code: 'ELOOP' });
    await expect(bind('none')).rejects.toMatchObject({ code: 'ENOENT' });
    await mounted.close();
    expect(await host().mounts.at(at('target'))).toEqual({ kind: 'bare' });
    await isFree();
  });
  test('share the loop device and the file system of an image that is mounted', async () => {
    const mounted = await withDirectory();
    if (mounted === undefined) return;
    await host().mounts.mountImage(at('image'), at('target'), ext4);
    expect(await current().loopsOf(at('image'))).toBe(1);
    expect(await host().files.readText(at('target/data/file'))).toBe('kept');
    await mounted.close();
    expect(await host().files.readText(at('target/data/file'))).toBe('kept');
  });
  test('must have a file system', async () => {
    await host().files.createSparse(at('image'), 16 << 20);
    const mounting = async () => host().mounts.mountDetached(at('image'), ext4);
    if (current().detaches) await expect(mounting()).rejects.toMatchObject({ code: 'EINVAL' });
    else expect(await mounting()).toBeUndefined();
    await isFree();
  });
}

import { expect, test } from '@jest/globals';
import { mountsBelow, topmostAt } from '../../../src/host/mounts/table.ts';
import type { Current } from './contract.ts';

export function describeMounts(current: Current): void {
  const at = (name: string) => `${current().folder}/${name}`;
  const files = () => current().host.files;
  const mounts = () => current().host.mounts;

  async function directories(...names: readonly string[]): Promise<void> {
    for (const name of names) await files().makeDirectory(at(name));
  }

  test('a path is missing, bare or mounted', async () => {
    await directories('source', 'target');
    await files().writeText(at('file'), '', 'replace');
    expect(await mounts().at(at('none'))).toEqual({ kind: 'missing' });
    expect(await mounts().at(at('file/none'))).toEqual({ kind: 'missing' });
    expect(await mounts().at(at('target'))).toEqual({ kind: 'bare' });
    expect(await mounts().at(at('file'))).toEqual({ kind: 'bare' });
    await mounts().bind(at('source'), at('target'), []);
    expect((await mounts().at(at('target'))).kind).toBe('mounted');
    expect(await mounts().at(at('source'))).toEqual({ kind: 'bare' });
  });
  test('a symlink that leads nowhere is bare: something is there', async () => {
    await current().link('/nowhere', at('link'));
    expect(await mounts().at(at('link'))).toEqual({ kind: 'bare' });
  });
  test('a bind shows the directory of its source itself', async () => {
    await directories('source', 'target');
    await mounts().bind(at('source'), at('target'), []);
    const source = await files().facts(at('source'));
    expect(await mounts().at(at('target'))).toEqual({
      kind: 'mounted',
      device: source?.device,
      inode: source?.inode,
    });
    await files().writeText(at('target/file'), 'text', 'replace');
    expect(await files().readText(at('source/file'))).toBe('text');
  });
  test('a symlink is never followed, neither at the end of a source nor within it', async () => {
    await directories('real/sub', 'target');
    await current().link(at('real/sub'), at('last'));
    await current().link(at('real'), at('within'));
    for (const source of ['last', 'within/sub']) {
      const bind = mounts().bind(at(source), at('target'), []);
      // Node's own open fails with ENOTDIR for a symlink to a directory that it must not follow.
      await expect(bind).rejects.toMatchObject({ code: 'ELOOP' });
    }
    expect(await mounts().at(at('target'))).toEqual({ kind: 'bare' });
  });
  test('a missing path or a file cannot be bound', async () => {
    await directories('source', 'target');
    await files().writeText(at('file'), '', 'replace');
    const code = (source: string, target: string) =>
      mounts()
        .bind(at(source), at(target), [])
        .then(
          () => 'bound',
          (error: { code?: string }) => error.code,
        );
    expect(await code('none', 'target')).toBe('ENOENT');
    expect(await code('file', 'target')).toBe('ENOTDIR');
    expect(await code('source', 'none')).toBe('ENOENT');
    expect(await mounts().at(at('target'))).toEqual({ kind: 'bare' });
  });
  test('a read-only bind refuses writes, and leaves its source writable', async () => {
    await directories('source', 'target');
    await mounts().bind(at('source'), at('target'), ['ro']);
    await expect(files().writeText(at('target/file'), '', 'replace')).rejects.toMatchObject({
      code: 'EROFS',
    });
    expect(await files().writeText(at('source/file'), '', 'replace')).toBe(true);
    expect((await mounts().below(current().folder)).map(({ options }) => options[0])).toEqual(['ro']);
  });
  test.each([[['nosuid']], [['nodev', 'noexec']], [['ro', 'nosuid', 'nodev', 'noexec']]] as const)(
    'a bind with %p has exactly these flags, and a bind of it keeps them',
    async (flags) => {
      await directories('source', 'target', 'again');
      await mounts().bind(at('source'), at('target'), flags);
      await mounts().bind(at('target'), at('again'), []);
      const has = (options: readonly string[]) =>
        ['ro', 'nosuid', 'nodev', 'noexec'].filter((flag) => options.includes(flag));
      const below = await mounts().below(current().folder);
      expect(below.map(({ options }) => has(options))).toEqual([flags, flags]);
      const source = await files().facts(at('source'));
      expect(await mounts().at(at('target'))).toEqual({
        kind: 'mounted',
        device: source?.device,
        inode: source?.inode,
      });
    },
  );
  test('a bind adds its flags to those of its source, and never removes one', async () => {
    await directories('source', 'strict', 'target');
    await mounts().bind(at('source'), at('strict'), ['ro', 'nodev']);
    await mounts().bind(at('strict'), at('target'), ['nosuid']);
    const entry = topmostAt(await mounts().below(current().folder), at('target'));
    expect(entry?.options).toEqual(expect.arrayContaining(['ro', 'nodev', 'nosuid']));
  });
  test('with flags, too, no symlink is followed and only directories are bound', async () => {
    await directories('real/sub', 'target');
    await current().link(at('real'), at('link'));
    await files().writeText(at('file'), '', 'replace');
    for (const [source, code] of [
      ['link', 'ELOOP'],
      ['link/sub', 'ELOOP'],
      ['file', 'ENOTDIR'],
      ['none', 'ENOENT'],
    ] as const)
      await expect(mounts().bind(at(source), at('target'), ['nosuid'])).rejects.toMatchObject({ code });
    expect(await mounts().at(at('target'))).toEqual({ kind: 'bare' });
  });
  test('unmounting removes stacked mounts from the top, one at a time, and then succeeds without effect', async () => {
    await directories('one', 'two', 'target');
    await mounts().bind(at('one'), at('target'), []);
    await mounts().bind(at('two'), at('target'), []);
    expect(await mounts().below(current().folder)).toHaveLength(2);
    const one = await files().facts(at('one'));
    await mounts().unmount(at('target'));
    expect(await mounts().at(at('target'))).toMatchObject({ inode: one?.inode });
    await mounts().unmount(at('target'));
    await mounts().unmount(at('target'));
    await mounts().unmount(at('none'));
    expect(await mounts().at(at('target'))).toEqual({ kind: 'bare' });
  });
  test('a mount in use here is not unmounted', async () => {
    await directories('source/sub', 'target', 'other');
    await mounts().bind(at('source'), at('target'), []);
    await mounts().bind(at('other'), at('target/sub'), []);
    await expect(mounts().unmount(at('target'))).rejects.toMatchObject({ code: 'EBUSY' });
    expect((await mounts().at(at('target'))).kind).toBe('mounted');
  });
  test('the mounts below a directory are listed in order, without those on it or beside it', async () => {
    await directories('source', 'root/b', 'root/a', 'root-2');
    await mounts().bind(at('root'), at('root'), []);
    for (const target of ['root/b', 'root/a', 'root-2']) {
      await mounts().bind(at('source'), at(target), []);
    }
    const below = await mounts().below(at('root'));
    expect(below.map(({ mountpoint }) => mountpoint)).toEqual([at('root/b'), at('root/a')]);
    const source = await files().facts(at('source'));
    expect(below.map(({ device }) => device)).toEqual([source?.device, source?.device]);
  });

  test('a mount root is a separate shared mount, and is made once', async () => {
    await directories('root');
    await mounts().makeMountRoot(at('root'));
    await mounts().makeMountRoot(at('root'));
    const all = await mounts().below('/');
    expect(all.filter(({ mountpoint }) => mountpoint === at('root'))).toHaveLength(1);
    const root = topmostAt(all, at('root'));
    expect(root?.propagation).toEqual([expect.stringMatching(/^shared:\d+$/)]);
    const sameGroup = all.filter(({ propagation }) => propagation[0] === root?.propagation[0]);
    expect(sameGroup).toHaveLength(1);
  });
  test('a missing directory cannot become a mount root', async () => {
    await expect(mounts().makeMountRoot(at('none'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
  test('a mount root is released once nothing is mounted below', async () => {
    await directories('root/target', 'source');
    await mounts().makeMountRoot(at('root'));
    await mounts().bind(at('source'), at('root/target'), []);
    await mounts().releaseMountRoot(at('root'));
    expect(mountsBelow(await mounts().below('/'), current().folder)).toHaveLength(2);
    await mounts().unmount(at('root/target'));
    await mounts().releaseMountRoot(at('root'));
    await mounts().releaseMountRoot(at('root'));
    expect(await mounts().at(at('root'))).toEqual({ kind: 'bare' });
  });
  test('a mount that is not a mount root of ours is not released', async () => {
    await directories('root', 'disk');
    await mounts().bind(at('disk'), at('root'), []);
    await mounts().makeMountRoot(at('root'));
    await mounts().releaseMountRoot(at('root'));
    expect((await mounts().at(at('root'))).kind).toBe('mounted');
  });
}

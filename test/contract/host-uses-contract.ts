import { expect, test } from '@jest/globals';
import { eventually } from '../lab/eventually.ts';
import type { Current } from './host-contract.ts';

export function describeUses(current: Current): void {
  const at = (name: string) => `${current().folder}/${name}`;
  const { files, mounts } = lazily(current);

  /** A mount root with two volumes mounted in it. */
  async function twoVolumes(): Promise<void> {
    await files().makeDirectory(at('root'));
    await mounts().makeMountRoot(at('root'));
    for (const volume of ['a', 'b']) {
      await files().makeDirectory(at(`volumes/${volume}/sub`));
      await files().makeMountpoint(at(`root/${volume}`));
      await mounts().bind(at(`volumes/${volume}`), at(`root/${volume}`), 'read-write');
    }
  }
  const used = async () => [...(await mounts().uses(at('root'), 0)).users.keys()];

  test('nobody uses what nobody else has mounted, our own other mounts included', async () => {
    await twoVolumes();
    await files().makeDirectory(at('also'));
    await mounts().bind(at('root/a'), at('also'), 'read-write');
    expect(await mounts().uses(at('root'), 0)).toEqual({ complete: true, users: new Map() });
  });
  test('another namespace that has a mount is its user, until it ends', async () => {
    await twoVolumes();
    const end = await current().useElsewhere(at('root/a'));
    const { users } = await mounts().uses(at('root'), 0);
    expect([...users.keys()]).toEqual([at('root/a')]);
    expect(users.get(at('root/a'))).toEqual([expect.objectContaining(current().user)]);
    await end();
    // The second of its processes ends a moment after the first.
    await eventually('nobody uses it any more', async () => (await used()).length === 0);
  });
  test('the use goes on when our own mount is taken down and made again', async () => {
    await twoVolumes();
    await current().useElsewhere(at('root/a'));
    await mounts().unmount(at('root/a'));
    expect(await used()).toEqual([]);
    await mounts().bind(at('volumes/a'), at('root/a'), 'read-write');
    expect(await used()).toEqual([at('root/a')]);
  });
  test('a directory within a mount is a use of it', async () => {
    await twoVolumes();
    await current().useElsewhere(at('root/b/sub'));
    expect(await used()).toEqual([at('root/b')]);
  });
  test('a copy that a namespace inherited, at our own mountpoint, is no use', async () => {
    await twoVolumes();
    await current().inheritElsewhere();
    expect(await used()).toEqual([]);
  });
  test('callers at the same time get the same answer', async () => {
    await twoVolumes();
    await current().useElsewhere(at('root/a'));
    const looks = await Promise.all(Array.from({ length: 8 }, () => mounts().uses(at('root'), 0)));
    for (const { users } of looks) expect([...users.keys()]).toEqual([at('root/a')]);
  });
  test('a look from now on sees what began just before', async () => {
    await twoVolumes();
    expect(await used()).toEqual([]);
    await current().useElsewhere(at('root/a'));
    expect(await used()).toEqual([at('root/a')]);
  });
}

function lazily(current: Current) {
  return { files: () => current().host.files, mounts: () => current().host.mounts };
}

import { expect, test } from '@jest/globals';
import { eventually } from '../../lab/eventually.ts';
import type { Current } from './contract.ts';

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
      await mounts().bind(at(`volumes/${volume}`), at(`root/${volume}`), []);
    }
  }
  const used = async () => [...(await mounts().uses(at('root'), 0)).users.keys()];

  const nobody = { complete: true, users: new Map(), ownMounts: new Map() };
  test('a mount that no other namespace has is unused', async () => {
    await twoVolumes();
    expect(await mounts().uses(at('root'), 0)).toEqual(nobody);
  });
  test('other mounts of our own namespace are reported until they are gone', async () => {
    await twoVolumes();
    for (const name of ['also', 'part', 'direct']) await files().makeDirectory(at(name));
    await mounts().bind(at('root/a'), at('also'), []);
    await mounts().bind(at('root/a/sub'), at('part'), []);
    await mounts().bind(at('volumes/b'), at('direct'), ['ro']);
    const { users, ownMounts } = await mounts().uses(at('root'), 0);
    expect(users).toEqual(new Map());
    expect(ownMounts.get(at('root/a'))?.toSorted()).toEqual([at('also'), at('part')]);
    expect(ownMounts.get(at('root/b'))).toEqual([at('direct')]);
    for (const name of ['also', 'part', 'direct']) await mounts().unmount(at(name));
    expect(await mounts().uses(at('root'), 0)).toEqual(nobody);
  });
  test('the file system that contains a mount is not reported', async () => {
    await files().makeDirectory(at('root/v'));
    await mounts().makeMountRoot(at('root'));
    await mounts().bind(current().folder, at('root/v'), []);
    expect(await mounts().uses(at('root'), 0)).toEqual(nobody);
  });
  test('another namespace that has a mount uses it, until it ends', async () => {
    await twoVolumes();
    const end = await current().useElsewhere(at('root/a'));
    const { users } = await mounts().uses(at('root'), 0);
    expect([...users.keys()]).toEqual([at('root/a')]);
    expect(users.get(at('root/a'))).toEqual([expect.objectContaining(current().user)]);
    await end();
    // Its second process ends a moment after the first.
    await eventually('nobody uses it any more', async () => (await used()).length === 0);
  });
  test('the use continues if our own mount is unmounted and made again', async () => {
    await twoVolumes();
    await current().useElsewhere(at('root/a'));
    await mounts().unmount(at('root/a'));
    expect(await used()).toEqual([]);
    await mounts().bind(at('volumes/a'), at('root/a'), []);
    expect(await used()).toEqual([at('root/a')]);
  });
  test('a bind of a directory within a mount is a use of it', async () => {
    await twoVolumes();
    await current().useElsewhere(at('root/b/sub'));
    expect(await used()).toEqual([at('root/b')]);
  });
  test('a copy that a namespace inherited, at our own mountpoint, does not count as use', async () => {
    await twoVolumes();
    await current().inheritElsewhere();
    expect(await used()).toEqual([]);
  });
  test('simultaneous callers get the same answer', async () => {
    await twoVolumes();
    await current().useElsewhere(at('root/a'));
    const looks = await Promise.all(Array.from({ length: 8 }, () => mounts().uses(at('root'), 0)));
    for (const { users } of looks) expect([...users.keys()]).toEqual([at('root/a')]);
  });
  test('a fresh look sees what has just begun', async () => {
    await twoVolumes();
    expect(await used()).toEqual([]);
    await current().useElsewhere(at('root/a'));
    expect(await used()).toEqual([at('root/a')]);
  });
}

function lazily(current: Current) {
  return { files: () => current().host.files, mounts: () => current().host.mounts };
}

import { basename } from 'node:path';
import { describeSubvolumes } from '../../contract/host/subvolumes.ts';
import { createFakeHost, createFakeState } from '../../fakes/host/fake-host.ts';
import { writableParent } from '../../fakes/host/paths.ts';
import { addLink, createFakeFileSystem } from '../../fakes/host/tree.ts';

describeSubvolumes('the fake host', async () => {
  const state = createFakeState();
  state.rootFileSystem.conditions.add('subvolumes');
  const host = createFakeHost(state);
  for (const path of ['/folder', '/elsewhere']) await host.files.makeDirectory(path);
  const fileSystem = createFakeFileSystem('tmpfs', '0:99', 2 ** 30);
  const [root] = state.mounts;
  if (root === undefined) throw new Error('it has a root');
  const mount = { ...root, mountId: 99, parentId: root.mountId, mountpoint: '/elsewhere' };
  state.mounts.push({ ...mount, fileSystem, node: fileSystem.root });
  return {
    host,
    folder: '/folder',
    elsewhere: '/elsewhere',
    link: async (target, path) => void addLink(writableParent(state, path), basename(path), target),
    cleanUp: async () => undefined,
  };
});

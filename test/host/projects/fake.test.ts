import { basename } from 'node:path';
import { describeProjects } from '../../contract/host/projects.ts';
import { createFakeHost, createFakeState } from '../../fakes/host/fake-host.ts';
import { writableParent } from '../../fakes/host/paths.ts';
import { addLink } from '../../fakes/host/tree.ts';

describeProjects('the fake host', async () => {
  const state = createFakeState();
  state.rootFileSystem.quota = { kind: 'enforced', limits: new Map() };
  const host = createFakeHost(state);
  await host.files.makeDirectory('/folder');
  return {
    host,
    folder: '/folder',
    fileSystem: 'ext4',
    link: async (target, path) => void addLink(writableParent(state, path), basename(path), target),
    put: async (path, bytes) => void (await host.files.writeText(path, 'x'.repeat(bytes), 'replace')),
    cleanUp: async () => undefined,
  };
});

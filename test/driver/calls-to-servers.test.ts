import { afterEach, describe, expect, test } from '@jest/globals';
import {
  createFakeServers,
  glusterKind,
  hostOf,
  nfsKind,
  type ShareKindUnderTest,
} from '../backends/shared/network-share/under-test.ts';
import { createFakeHost } from '../fakes/host/fake-host.ts';
import { type Around, interceptHost } from '../fakes/intercepted-host.ts';
import { id, openRig, present, type Rig, volume } from '../fakes/rig.ts';

let rig: Rig | undefined;
afterEach(() => rig?.driver.close());

/**
 * Counts the calls to the helper process: a Mount or a Create of a share takes as long as they do. Those that only make an NFS client ask for
 * names are counted apart.
 */
async function counted(kind: ShareKindUnderTest) {
  const calls: string[] = [];
  const around: Around = (call, run) => {
    if (call.name.startsWith('remote.')) calls.push(call.name);
    return run();
  };
  const state = hostOf(kind, createFakeServers());
  const host = interceptHost(createFakeHost(state), around);
  const timings = { watch: 1e8, firstRefresh: 1e8, usage: 1e8, idleUsage: 1e8 };
  rig = await openRig({ state, host, definition: kind.definition, settings: kind.settings, timings });
  const { driver } = rig;
  await driver.create(volume('first'), {});
  return async (act: (opened: typeof driver) => Promise<unknown>) => {
    calls.length = 0;
    await act(driver);
    return { all: calls.length, opened: calls.filter((name) => name === 'remote.refresh').length };
  };
}

describe.each([
  // Opening directories has no effect on what a GlusterFS client shows.
  [glusterKind, { create: [9, 0], mount: [3, 0], remove: [10, 0] }],
  [nfsKind, { create: [20, 10], mount: [5, 2], remove: [20, 10] }],
] as const)('the calls to the server of a share: $name', (kind, { create, mount, remove }) => {
  test('are as few as these for each verb', async () => {
    const count = await counted(kind);
    const shown = async (act: Parameters<typeof count>[0]) => {
      const { all, opened } = await count(act);
      return [all, opened];
    };
    const seen = {
      create: await shown((driver) => driver.create(volume('db'), {})),
      mount: await shown((driver) => driver.mount(volume('db'), id('a'), present)),
      unmount: await shown((driver) => driver.unmount(volume('db'), id('a'))),
      remove: await shown((driver) => driver.remove(volume('db'))),
    };
    expect(seen).toEqual({ create, mount, unmount: [0, 0], remove });
  });
});

import { afterEach, describe, expect, test } from '@jest/globals';
import { operatorId } from '../../src/core/mount-ledger.ts';
import type { Timings } from '../../src/driver/timings.ts';
import {
  createFakeServers,
  type FakeServers,
  glusterKind,
  hostOf,
  nfsKind,
  type ShareKindUnderTest,
  shareKinds,
} from '../backends/shared/network-share/under-test.ts';
import { createFakeHost, type FakeState } from '../fakes/host/fake-host.ts';
import { errno } from '../fakes/host/paths.ts';
import { breakClients } from '../fakes/host/shares.ts';
import { addFile } from '../fakes/host/tree.ts';
import { id, openRig, present, type Rig, volume } from '../fakes/rig.ts';
import { eventually } from '../lab/eventually.ts';

const opened: Rig[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ driver }) => driver.close()));
});

async function openOn(
  kind: ShareKindUnderTest,
  state: FakeState,
  timings: Partial<Timings> = {},
): Promise<Rig> {
  const { definition, settings } = kind;
  const host = createFakeHost(state);
  const rig = await openRig({ state, host, definition, settings, timings: { grace: 0, ...timings } });
  opened.push(rig);
  return rig;
}

async function oneHost(kind: ShareKindUnderTest) {
  const servers = createFakeServers();
  const state = hostOf(kind, servers);
  return { servers, state, rig: await openOn(kind, state) };
}

async function twoHosts(kind: ShareKindUnderTest): Promise<readonly [Rig, Rig, FakeServers]> {
  const servers = createFakeServers();
  return [await openOn(kind, hostOf(kind, servers)), await openOn(kind, hostOf(kind, servers)), servers];
}

const user = { pid: 4711, command: 'postgres', containerId: 'c'.repeat(64) };

describe.each(shareKinds.map((kind) => [kind.name, kind] as const))('drivers on one share: %s', (_, kind) => {
  test('two hosts that create one name at once share the volume', async () => {
    const [a, b] = await twoHosts(kind);
    await Promise.all([a.driver.create(volume('db'), {}), b.driver.create(volume('db'), {})]);
    const [seenByA, seenByB] = await Promise.all([a.driver.get(volume('db')), b.driver.get(volume('db'))]);
    expect(seenByA?.volume).toEqual(seenByB?.volume);
  });
  test('of two hosts that create one name with other options at once, one succeeds, and the other gets the difference', async () => {
    const [a, b] = await twoHosts(kind);
    const outcomes = await Promise.allSettled([
      a.driver.create(volume('db'), { uid: '1' }),
      b.driver.create(volume('db'), { uid: '2' }),
    ]);
    const failed = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(failed).toEqual([
      expect.objectContaining({
        code: 'conflict',
        message: expect.stringMatching(/db.*uid is "[12]", not "[12]"/),
      }),
    ]);
    const [seenByA, seenByB] = await Promise.all([a.driver.get(volume('db')), b.driver.get(volume('db'))]);
    expect(seenByA?.volume).toEqual(seenByB?.volume);
  });
  test('one host can mount at once what the other created, without a list in between', async () => {
    const [a, b] = await twoHosts(kind);
    await a.driver.create(volume('db'), {});
    const mounted = await a.driver.mount(volume('db'), id('1'), present);
    await a.host.files.writeText(`${mounted.mountpoint}/file`, 'from a', 'replace');
    const there = await b.driver.mount(volume('db'), id('2'), present);
    expect(await b.host.files.readText(`${there.mountpoint}/file`)).toBe('from a');
  });
  test('what one host creates, removes and brings back, the other lists within seconds, and keeps while it is mounted there', async () => {
    const servers = createFakeServers();
    const a = await openOn(kind, hostOf(kind, servers));
    const b = await openOn(kind, hostOf(kind, servers), { watch: 20 });
    const seenByB = (...names: string[]) =>
      eventually(`b lists ${names}`, async () => {
        const listed = [...b.driver.list()].map((one) => one.volume.name);
        return listed.sort().join() === names.join();
      });
    for (const name of ['db', 'web']) await a.driver.create(volume(name), {});
    await seenByB('db', 'web');
    await b.driver.mount(volume('web'), id('1'), present);
    for (const name of ['db', 'web']) await a.driver.remove(volume(name));
    await seenByB('web');
    await a.driver.undelete(volume('db'));
    await seenByB('db', 'web');
    await b.driver.close();
  });
  test('what one host removed, the other neither mounts nor recreates, even if it still lists it', async () => {
    const [a, b] = await twoHosts(kind);
    await a.driver.create(volume('db'), {});
    await b.driver.get(volume('db'));
    await a.driver.remove(volume('db'));
    expect([...b.driver.list()].map((one) => one.volume.name)).toEqual(['db']);
    await expect(b.driver.mount(volume('db'), id('1'), present)).rejects.toMatchObject({ code: 'not-found' });
    expect([...b.driver.list()]).toEqual([]);
    expect(await a.driver.listRemoved()).toHaveLength(1);
  });
  test('what one host creates again, the other mounts with its new options', async () => {
    const [a, b] = await twoHosts(kind);
    await a.driver.create(volume('db'), {});
    await b.driver.get(volume('db'));
    await a.driver.remove(volume('db'));
    await a.driver.create(volume('db'), { readOnly: 'true' });
    const { mountpoint } = await b.driver.mount(volume('db'), id('1'), present);
    await expect(b.host.files.writeText(`${mountpoint}/file`, 'x', 'replace')).rejects.toMatchObject({
      code: 'EROFS',
    });
    expect((await b.driver.get(volume('db')))?.volume).toHaveProperty('options.readOnly', 'true');
  });
  test('what one host removed, the other can bring back with its data', async () => {
    const [a, b] = await twoHosts(kind);
    await a.driver.create(volume('db'), {});
    const { mountpoint } = await a.driver.mount(volume('db'), id('1'), present);
    await a.host.files.writeText(`${mountpoint}/file`, 'kept', 'replace');
    await a.driver.unmount(volume('db'), id('1'));
    await a.driver.remove(volume('db'));
    await b.driver.undelete(volume('db'));
    const there = await b.driver.mount(volume('db'), id('1'), present);
    expect(await b.host.files.readText(`${there.mountpoint}/file`)).toBe('kept');
  });
  test('starts with the server down, answers from the cache, and mounts when the server is back', async () => {
    const { rig, state } = await oneHost(kind);
    await rig.driver.create(volume('db'), {});
    await rig.driver.close();
    const servers = new Map(state.servers);
    state.servers.clear();
    const again = await openOn(kind, state);
    expect([...again.driver.list()].map((one) => one.volume.name)).toEqual(['db']);
    expect((await again.driver.get(volume('db')))?.volume.name).toBe('db');
    await expect(again.driver.mount(volume('db'), id('1'), present)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/db.*(refused|unreachable)/),
    });
    for (const [address, answer] of servers) state.servers.set(address, answer);
    expect((await again.driver.mount(volume('db'), id('1'), present)).mountpoint).toBe(
      again.mountpoint('db'),
    );
  });
  test('a stop aborts a running list, and leaves nothing mounted', async () => {
    const { rig, state } = await oneHost(kind);
    for (let number = 0; number < 50; number++) await rig.driver.create(volume(`v${number}`), {});
    await rig.driver.close();
    const again = await openOn(kind, state, { firstRefresh: 0 });
    await eventually(
      'the share is mounted',
      async () => (await again.host.mounts.below('/srv/mnt/.shares')).length > 0,
    );
    await again.driver.close();
    expect(await again.host.mounts.below('/srv/mnt/.shares')).toEqual([]);
    expect(again.events.map(({ event }) => event)).not.toContain('list-failed');
  });
  test('shows the state of the server with each volume', async () => {
    const { rig } = await oneHost(kind);
    await rig.driver.create(volume('db'), {});
    expect((await rig.driver.get(volume('db')))?.health).toMatchObject({ state: 'ok', losses: 0 });
  });
});

describe.each([
  ['a GlusterFS client that died', glusterKind, 'client-dead'],
  ['a file handle that the NFS server no longer knows', nfsKind, 'stale'],
] as const)('%s', (_, kind, how) => {
  async function broken(uses: 'used' | 'unused') {
    const { rig, state, servers } = await oneHost(kind);
    await rig.driver.create(volume('db'), {});
    const { mountpoint } = await rig.driver.mount(volume('db'), id('1'), present);
    addFile(fileParent(servers), 'file', Buffer.from('kept'));
    if (uses === 'used') state.use(mountpoint, user);
    breakClients(state, servers.home, how);
    return { rig, state, mountpoint };
  }
  function fileParent(servers: FakeServers) {
    const directory = servers.home.root.entries.get('db');
    if (directory?.kind !== 'directory') throw new Error('the volume has no directory');
    return directory;
  }

  test('is mounted again for the next container, and the one that must restart is named until it is gone', async () => {
    const { rig, state, mountpoint } = await broken('used');
    await rig.driver.mount(volume('db'), id('2'), present);
    expect(await rig.host.files.readText(`${mountpoint}/file`)).toBe('kept');
    expect((await rig.driver.get(volume('db')))?.mustRestart).toEqual([expect.objectContaining(user)]);
    expect(rig.events).toContainEqual(
      expect.objectContaining({
        event: 'containers-must-restart',
        fields: expect.objectContaining({ volume: 'db', users: expect.stringContaining('cccccccccccc') }),
      }),
    );
    await rig.driver.reap();
    expect((await rig.driver.get(volume('db')))?.mustRestart).toHaveLength(1);
    state.release(mountpoint, user.pid);
    await rig.driver.reap();
    expect((await rig.driver.get(volume('db')))?.mustRestart).toBeUndefined();
  });
  test('is unmounted if nothing can cover it, and the one that must restart is named until it is gone', async () => {
    const { rig, state, mountpoint } = await broken('used');
    await rig.host.files.makeDirectory(`/proc/${user.pid}`);
    state.failNext('remote.bind', errno('ENOENT', mountpoint));
    await rig.driver.mount(volume('db'), id('2'), present);
    expect(await rig.host.files.readText(`${mountpoint}/file`)).toBe('kept');
    await rig.driver.reap();
    expect((await rig.driver.get(volume('db')))?.mustRestart).toEqual([expect.objectContaining(user)]);
    await rig.host.files.removeDirectory(`/proc/${user.pid}`);
    await rig.driver.reap();
    expect((await rig.driver.get(volume('db')))?.mustRestart).toBeUndefined();
  });
  test('is mounted again by the reaper once its health shows the loss, without another container', async () => {
    const { rig, mountpoint } = await broken('used');
    await rig.driver.create(volume('other'), {});
    await rig.driver.reap();
    await rig.driver.reap();
    expect(await rig.host.files.readText(`${mountpoint}/file`)).toBe('kept');
  });
  test('leaves nothing mounted after the last Unmount', async () => {
    const { rig, state, mountpoint } = await broken('used');
    await rig.driver.mount(volume('db'), id('2'), present);
    state.release(mountpoint);
    await rig.driver.unmount(volume('db'), id('1'));
    await rig.driver.unmount(volume('db'), id('2'));
    expect(await rig.host.mounts.at(mountpoint)).toEqual({ kind: 'bare' });
  });
  test('does not stack mounts if nobody uses the dead one', async () => {
    const { rig, mountpoint } = await broken('unused');
    await rig.driver.mount(volume('db'), id('2'), present);
    const stacked = (await rig.host.mounts.below('/srv/mnt/holdfast')).filter(
      (one) => one.mountpoint === mountpoint,
    );
    expect(stacked).toHaveLength(1);
  });
  test('delays the teardown while a container has the dead mount', async () => {
    const { rig, mountpoint } = await broken('used');
    await rig.driver.mount(volume('db'), operatorId, present);
    await rig.driver.unmount(volume('db'), operatorId);
    await rig.driver.unmount(volume('db'), id('1'));
    expect((await rig.host.mounts.at(mountpoint)).kind).toBe('mounted');
  });
});

/** As a managed plugin and a service: each has mounts and files of its own. Two clients of GlusterFS have nothing in common here. */
describe('two daemons of one host on one NFS export', () => {
  const kind = nfsKind;
  async function twoDaemons() {
    const servers = createFakeServers();
    const state = hostOf(kind, servers);
    const { definition, settings } = kind;
    const open = async (base: string) => {
      const timings = { grace: 0, linger: 0, startup: 0 };
      const rig = await openRig({ state, host: createFakeHost(state), definition, settings, timings, base });
      opened.push(rig);
      return rig;
    };
    return [await open('/srv'), await open('/opt')] as const;
  }
  const isMounted = async ({ host, mountpoint }: Rig) =>
    (await host.mounts.at(mountpoint('db'))).kind === 'mounted';

  test('remove what the other one does not have mounted, whatever else it has', async () => {
    const [service, plugin] = await twoDaemons();
    for (const name of ['db', 'web']) await service.driver.create(volume(name), {});
    await plugin.driver.mount(volume('web'), id('1'), present);
    await service.driver.mount(volume('db'), id('1'), present);
    await service.driver.unmount(volume('db'), id('1'));
    expect(await isMounted(service)).toBe(false);
    await service.driver.remove(volume('db'));
  });

  test.each(['Unmount', 'the reaper'])(
    'both had a volume: %s takes it down, although the other one has it mounted',
    async (by) => {
      const [service, plugin] = await twoDaemons();
      await service.driver.create(volume('db'), {});
      for (const { driver } of [service, plugin]) await driver.mount(volume('db'), id('1'), present);
      // A look at the kernel that fails: the reaper takes it down later.
      const { uses } = service.host.mounts;
      if (by === 'the reaper')
        Object.assign(service.host.mounts, { uses: async () => Promise.reject(errno('EIO', '/proc')) });
      await service.driver.unmount(volume('db'), id('1')).catch(() => undefined);
      Object.assign(service.host.mounts, { uses });
      if (by === 'the reaper') await service.driver.reap();
      expect(await isMounted(service)).toBe(false);
      // The other one has it, and may hold it.
      await expect(service.driver.remove(volume('db'))).rejects.toMatchObject({ code: 'in-use' });
      expect(await isMounted(service)).toBe(false);
      await plugin.driver.unmount(volume('db'), id('1'));
      expect(await isMounted(plugin)).toBe(false);
      await service.driver.remove(volume('db'));
    },
  );

  test('a volume that is a whole export is removed, although the other one has mounted it as a share', async () => {
    const [service, plugin] = await twoDaemons();
    for (const [rig, name] of [
      [service, 'db'],
      [plugin, 'web'],
    ] as const) {
      await rig.driver.create(volume(name), { share: kind.other });
      await rig.driver.mount(volume(name), id('1'), present);
    }
    await plugin.driver.unmount(volume('web'), id('1'));
    await service.driver.unmount(volume('db'), id('1'));
    expect(await isMounted(service)).toBe(false);
    await service.driver.mount(volume('db'), id('2'), present);
    await service.driver.unmount(volume('db'), id('2'));
    await service.driver.remove(volume('db'));
  });

  test('a mount of the volume that no daemon made keeps it mounted', async () => {
    const [service] = await twoDaemons();
    await service.driver.create(volume('db'), {});
    const { mountpoint } = await service.driver.mount(volume('db'), id('1'), present);
    await service.host.files.makeDirectory('/opt/mnt/pub/db');
    await service.host.mounts.bind(mountpoint, '/opt/mnt/pub/db', []);
    await service.driver.unmount(volume('db'), id('1'));
    expect(await isMounted(service)).toBe(true);
  });
});

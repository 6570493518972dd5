import { describe, expect, test } from '@jest/globals';
import { localBackend } from '../../src/backends/local/definition.ts';
import { operatorId } from '../../src/core/mount-ledger.ts';
import { createStagedPlaces } from '../../src/driver/places/staged.ts';
import { createFakeHost, createFakeState } from '../fakes/host/fake-host.ts';
import { openBackend } from '../fakes/open-backend.ts';
import { id, openRig, present, type Rig, volume } from '../fakes/rig.ts';

const container = { pid: 4711, command: 'postgres', containerId: 'c'.repeat(64) };
const db = volume('db');
const a = id('a');

async function mounted(): Promise<Rig> {
  const rig = await openRig();
  await rig.driver.create(db, {});
  await rig.driver.mount(db, a, present);
  return rig;
}

describe('Create', () => {
  test('twice with equal, empty or no options creates one volume', async () => {
    const rig = await openRig();
    await rig.driver.create(db, { mode: '0700' });
    await rig.driver.create(db, { mode: '700' });
    await rig.driver.create(db, {});
    expect([...rig.driver.list()]).toHaveLength(1);
  });

  test('with other options is a conflict that names the difference', async () => {
    const rig = await openRig();
    await rig.driver.create(db, { mode: '0700' });
    await expect(rig.driver.create(db, { mode: '0750' })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/db.*mode is "0700", not "0750"/),
    });
  });

  test('that fails leaves nothing behind, and succeeds once the reason is gone', async () => {
    const rig = await openRig();
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    rig.state.failNext('files.writeText', full, '/registry/');
    await expect(rig.driver.create(db, {})).rejects.toThrow(/db/);
    expect(await rig.driver.get(db)).toBeUndefined();
    expect(await rig.host.files.facts('/srv/volumes/db')).toBeUndefined();
    await rig.driver.create(db, {});
    expect(await rig.driver.get(db)).toBeDefined();
  });

  test('of a volume that was deleted by hand creates it again', async () => {
    const rig = await openRig();
    await rig.driver.create(db, {});
    await rig.host.files.removeFile('/srv/volumes/.holdfast/registry/db.json');
    await rig.driver.create(db, {});
    expect(await rig.host.files.readText('/srv/volumes/.holdfast/registry/db.json')).toBeDefined();
  });

  test('of one name by several callers at once creates one volume', async () => {
    const rig = await openRig();
    await Promise.all(Array.from({ length: 20 }, () => rig.driver.create(db, {})));
    expect([...rig.driver.list()]).toHaveLength(1);
  });
});

describe('Remove', () => {
  test('of an absent volume succeeds', async () => {
    const rig = await openRig();
    await rig.driver.remove(db);
  });

  test('is refused while a container uses the volume, and the error names process and container', async () => {
    const rig = await mounted();
    rig.state.use(rig.mountpoint('db'), container);
    await expect(rig.driver.remove(db)).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringMatching(/db is in use by process 4711 \(postgres\) of container cccccccccccc/),
    });
    expect(await rig.driver.get(db)).toBeDefined();
  });

  test('believes the kernel: a holder that uses nothing does not keep the volume', async () => {
    const rig = await mounted();
    rig.state.clock.now += 11_000;
    await rig.driver.remove(db);
    expect(await rig.driver.get(db)).toBeUndefined();
    expect((await rig.host.mounts.at(rig.mountpoint('db'))).kind).toBe('missing');
  });

  test('is refused while a container may be starting', async () => {
    const rig = await mounted();
    rig.state.clock.now += 2_000;
    await expect(rig.driver.remove(db)).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringContaining('in 8 s'),
    });
  });

  test('is refused while an operator holds the volume, for any time', async () => {
    const rig = await openRig();
    await rig.driver.create(db, {});
    await rig.driver.mount(db, operatorId, present);
    rig.state.clock.now += 86_400_000;
    await expect(rig.driver.remove(db)).rejects.toMatchObject({
      message: 'Volume db is held by an operator.',
      waysOut: [{ act: 'unmount', volume: 'db', driver: 'holdfast' }],
    });
  });

  test('is refused for a holder if other processes are hidden', async () => {
    const rig = await mounted();
    rig.state.seesAllProcesses = false;
    rig.state.clock.now += 86_400_000;
    await expect(rig.driver.remove(db)).rejects.toMatchObject({ code: 'in-use' });
  });

  test('checks the use again after a teardown', async () => {
    const state = createFakeState();
    const fresh = createFakeHost(state);
    const looks = { old: false };
    const nobody = { complete: true, users: new Map(), ownMounts: new Map() };
    const mounts = {
      ...fresh.mounts,
      uses: async (root: string, maxAge: number) =>
        looks.old && maxAge > 0 ? nobody : fresh.mounts.uses(root, maxAge),
    };
    const rig = await openRig({ state, host: { ...fresh, mounts } });
    await rig.driver.create(db, {});
    await rig.driver.mount(db, a, present);
    looks.old = true;
    rig.state.use(rig.mountpoint('db'), container);
    await rig.driver.unmount(db, a);
    expect((await rig.host.mounts.at(rig.mountpoint('db'))).kind).toBe('bare');
    await expect(rig.driver.remove(db)).rejects.toMatchObject({ code: 'in-use' });
    rig.state.release(rig.mountpoint('db'));
    await rig.driver.remove(db);
    expect(await rig.driver.get(db)).toBeUndefined();
  });

  describe('of a volume whose data is mounted elsewhere on this host', () => {
    const bind = async (rig: Rig, source: string, target: string) => {
      await rig.host.files.makeDirectory(target);
      await rig.host.mounts.bind(source, target, []);
    };
    const refusal = (where: string) => ({
      code: 'in-use',
      message: `Volume db is in use by a mount of this host at ${where}: run \`umount ${where}\`, then remove the volume.`,
    });
    test.each([
      ['/srv/mnt/holdfast/db', '/pub'],
      ['/srv/volumes/db', '/pub'],
      ['/srv/mnt/holdfast/db', '/srv/mnt/other/db'],
      ['/srv/mnt/holdfast/db', '/srv/mnt/holdfast/other'],
    ])('is refused: %s at %s', async (source, target) => {
      const rig = await mounted();
      rig.state.clock.now += 11_000;
      await bind(rig, source, target);
      await expect(rig.driver.remove(db)).rejects.toMatchObject(refusal(target));
      await rig.driver.unmount(db, a);
      expect((await rig.host.mounts.at(rig.mountpoint('db'))).kind).toBe('mounted');
      rig.state.clock.now += 86_400_000;
      await rig.driver.reap();
      await expect(rig.driver.remove(db)).rejects.toMatchObject(refusal(target));
      await rig.host.mounts.unmount(target);
      await rig.driver.remove(db);
      expect(await rig.driver.get(db)).toBeUndefined();
    });
    test('is refused after a restart, with the container beside it', async () => {
      const rig = await mounted();
      await bind(rig, rig.mountpoint('db'), '/pub');
      const next = await openRig({ state: rig.state });
      next.state.use(rig.mountpoint('db'), container);
      await expect(next.driver.remove(db)).rejects.toMatchObject({
        message: expect.stringMatching(
          /by process 4711 .* and a mount .* at \/pub: stop it, run `umount \/pub`/,
        ),
      });
    });
  });

  test('is not prevented by the mount that contains the data', async () => {
    const rig = await openRig({ settings: { allowedRoots: ['/mnt'] } });
    await rig.host.files.makeDirectory('/disk');
    await rig.host.files.makeDirectory('/mnt/usb');
    await rig.host.mounts.bind('/disk', '/mnt/usb', []);
    await rig.driver.create(db, { path: '/mnt/usb' });
    await rig.driver.mount(db, a, present);
    await rig.driver.unmount(db, a);
    expect((await rig.host.mounts.at(rig.mountpoint('db'))).kind).toBe('bare');
    await rig.driver.mount(db, a, present);
    rig.state.clock.now += 11_000;
    await rig.driver.remove(db);
    expect(await rig.driver.get(db)).toBeUndefined();
  });

  test('is not prevented by another volume of the same data, of any driver', async () => {
    const places = createStagedPlaces();
    const settings = { allowedRoots: ['/data'] };
    const rig = await openRig({ settings, places });
    const other = await openRig({
      state: rig.state,
      settings: { ...settings, root: '/other' },
      places,
      name: 'other',
      base: '/srv/two',
    });
    await rig.host.files.makeDirectory('/data/common');
    for (const driver of [rig.driver, other.driver]) {
      for (const name of [db, volume('twin')]) {
        await driver.create(name, { path: '/data/common' });
        await driver.mount(name, a, present);
      }
    }
    for (const driver of [rig.driver, other.driver]) await driver.unmount(db, a);
    for (const { mountpoint } of [rig, other]) {
      expect((await rig.host.mounts.at(mountpoint('db'))).kind).toBe('bare');
    }
    rig.state.clock.now += 11_000;
    await rig.driver.remove(volume('twin'));
  });

  test('that fails keeps the volume', async () => {
    const rig = await openRig();
    await rig.driver.create(db, {});
    rig.state.failNext(
      'files.rename',
      Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' }),
    );
    await expect(rig.driver.remove(db)).rejects.toThrow(/db/);
    expect(await rig.driver.get(db)).toBeDefined();
    await rig.driver.remove(db);
    expect(await rig.driver.get(db)).toBeUndefined();
  });

  test('can be undone', async () => {
    const rig = await openRig();
    await rig.driver.create(db, { mode: '0700' });
    await rig.driver.remove(db);
    expect(await rig.driver.listRemoved()).toMatchObject([{ volume: { name: 'db' } }]);
    await rig.driver.undelete(db);
    expect((await rig.driver.get(db))?.volume).toHaveProperty('options.mode', '0700');
    await expect(rig.driver.undelete(db)).rejects.toMatchObject({ code: 'not-found' });
  });
  test('can be undone under another name, also again after a kill in the middle', async () => {
    const rig = await openRig();
    const as = volume('db-old');
    await rig.driver.create(db, { mode: '0700' });
    await rig.driver.remove(db);
    const id = (await rig.driver.listRemoved())[0]?.volume.id;
    await rig.driver.create(db, {});
    await expect(rig.driver.undelete(db, id, db)).rejects.toMatchObject({ code: 'conflict' });
    const foreseen = await rig.driver.foresee({ verb: 'undelete', name: db, as });
    expect(foreseen).toMatchObject({
      steps: [{ act: 'undelete', about: expect.stringMatching(/, as db-old$/) }],
      volume: { name: 'db-old' },
    });
    expect(await rig.driver.listRemoved()).toMatchObject([{ volume: { name: 'db' } }]);
    // As if the daemon had been killed once the name was changed.
    const [removed] = await rig.driver.listRemoved();
    if (removed === undefined) throw new Error('it is lost');
    const settings = { root: `${rig.base}/volumes` };
    const backend = openBackend(localBackend, { host: rig.host, settings });
    await backend.renameRemoved(removed, as, new AbortController().signal);
    await rig.driver.undelete(db, id, as);
    expect((await rig.driver.get(as))?.volume).toMatchObject({ id, options: { mode: '0700' } });
    expect((await rig.driver.get(db))?.volume).not.toMatchObject({ id });
    expect(await rig.driver.listRemoved()).toEqual([]);
    await rig.driver.remove(as);
    const taken = rig.driver.undelete(as, undefined, db);
    await expect(taken).rejects.toMatchObject({
      code: 'conflict',
      message: 'Volume db-old could not be brought back as db: there is a volume db. Use another name.',
    });
    expect(await rig.driver.listRemoved()).toMatchObject([{ volume: { name: 'db-old', id } }]);
  });
});

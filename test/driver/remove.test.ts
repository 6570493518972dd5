import { describe, expect, test } from '@jest/globals';
import { operatorId } from '../../src/core/mount-ledger.ts';
import { createFakeHost, createFakeState } from '../fakes/fake-host.ts';
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
  test('twice with equal, empty or no options is once', async () => {
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

  test('that fails leaves nothing behind, and works when the reason is gone', async () => {
    const rig = await openRig();
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    rig.state.failNext('files.writeText', full, '/registry/');
    await expect(rig.driver.create(db, {})).rejects.toThrow(/db/);
    expect(await rig.driver.get(db)).toBeUndefined();
    expect(await rig.host.files.facts('/srv/volumes/db')).toBeUndefined();
    await rig.driver.create(db, {});
    expect(await rig.driver.get(db)).toBeDefined();
  });

  test('of a volume deleted behind our back makes it again', async () => {
    const rig = await openRig();
    await rig.driver.create(db, {});
    await rig.host.files.removeFile('/srv/volumes/.holdfast/registry/db.json');
    await rig.driver.create(db, {});
    expect(await rig.host.files.readText('/srv/volumes/.holdfast/registry/db.json')).toBeDefined();
  });

  test('of one name at once makes one volume', async () => {
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

  test('is refused while a container uses the volume, with the process and the container', async () => {
    const rig = await mounted();
    rig.state.use(rig.mountpoint('db'), container);
    await expect(rig.driver.remove(db)).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringMatching(/db is in use by process 4711 \(postgres\) of container cccccccccccc/),
    });
    expect(await rig.driver.get(db)).toBeDefined();
  });

  test('believes the kernel: a holder that nobody stands behind does not keep the volume', async () => {
    const rig = await mounted();
    rig.state.clock.now += 11_000;
    await rig.driver.remove(db);
    expect(await rig.driver.get(db)).toBeUndefined();
    expect((await rig.host.mounts.at(rig.mountpoint('db'))).kind).toBe('missing');
  });

  test('waits for a container that may be about to start', async () => {
    const rig = await mounted();
    rig.state.clock.now += 2_000;
    await expect(rig.driver.remove(db)).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringContaining('in 8 s'),
    });
  });

  test('is refused while an operator holds the volume, however long', async () => {
    const rig = await openRig();
    await rig.driver.create(db, {});
    await rig.driver.mount(db, operatorId, present);
    rig.state.clock.now += 86_400_000;
    await expect(rig.driver.remove(db)).rejects.toThrow('holdfast volume unmount db');
  });

  test('is refused for a holder where other processes are hidden', async () => {
    const rig = await mounted();
    rig.state.seesAllProcesses = false;
    rig.state.clock.now += 86_400_000;
    await expect(rig.driver.remove(db)).rejects.toMatchObject({ code: 'in-use' });
  });

  test('looks again after a teardown that an older look allowed', async () => {
    const state = createFakeState();
    const fresh = createFakeHost(state);
    const looks = { old: false };
    const nobody = { complete: true, users: new Map() };
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

  test('can be taken back', async () => {
    const rig = await openRig();
    await rig.driver.create(db, { mode: '0700' });
    await rig.driver.remove(db);
    expect(await rig.driver.listRemoved()).toMatchObject([{ volume: { name: 'db' } }]);
    await rig.driver.undelete(db);
    expect((await rig.driver.get(db))?.volume.options.mode).toBe('0700');
    await expect(rig.driver.undelete(db)).rejects.toMatchObject({ code: 'not-found' });
  });
});

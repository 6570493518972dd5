import { describe, expect, test } from '@jest/globals';
import { createFakeHost, createFakeState } from '../fakes/host/fake-host.ts';
import { interceptHost } from '../fakes/intercepted-host.ts';
import { id, openRig, present, type Rig, volume } from '../fakes/rig.ts';

const container = { pid: 4711, command: 'postgres', containerId: 'c'.repeat(64) };
const db = volume('db');
const a = id('a');
const b = id('b');

async function isMounted(rig: Rig, name = 'db'): Promise<boolean> {
  return (await rig.host.mounts.at(rig.mountpoint(name))).kind === 'mounted';
}

async function withVolume(): Promise<Rig> {
  const rig = await openRig();
  await rig.driver.create(db, {});
  return rig;
}

describe('Mount', () => {
  test('returns the mountpoint, which is a mount', async () => {
    const rig = await withVolume();
    const { mountpoint } = await rig.driver.mount(db, a, present);
    expect(mountpoint).toBe('/srv/mnt/holdfast/db');
    expect(await isMounted(rig)).toBe(true);
  });

  test('of an unknown volume has a Create as its way out', async () => {
    const rig = await openRig();
    await expect(rig.driver.mount(db, a, present)).rejects.toMatchObject({
      code: 'not-found',
      waysOut: [{ act: 'create', volume: 'db', driver: 'holdfast' }],
    });
  });

  test('by two holders mounts once', async () => {
    const rig = await withVolume();
    await Promise.all([rig.driver.mount(db, a, present), rig.driver.mount(db, b, present)]);
    const entries = await rig.host.mounts.below('/srv/mnt/holdfast');
    expect(entries.map(({ mountpoint }) => mountpoint)).toEqual(['/srv/mnt/holdfast/db']);
  });

  test('that fails leaves no mount and no holder', async () => {
    const rig = await withVolume();
    rig.state.failNext('mounts.bind', Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }));
    await expect(rig.driver.mount(db, a, present)).rejects.toThrow(/db/);
    expect(await isMounted(rig)).toBe(false);
    expect((await rig.driver.get(db))?.holders).toEqual([]);
    expect(await rig.driver.planRecovery()).toEqual([]);
  });

  test('whose ledger cannot be written fails, and leaves nothing', async () => {
    const rig = await withVolume();
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    rig.state.failNext('log.append', full, '"hold"');
    await expect(rig.driver.mount(db, a, present)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/db: the ledger \S+ cannot be written: ENOSPC.*free some space there/),
    });
    expect((await rig.driver.get(db))?.holders).toEqual([]);
    await rig.driver.unmount(db, a);
    expect(await isMounted(rig)).toBe(false);
  });

  test('mounts again what somebody unmounted by hand', async () => {
    const rig = await withVolume();
    await rig.driver.mount(db, a, present);
    await rig.host.mounts.unmount(rig.mountpoint('db'));
    await rig.driver.mount(db, b, present);
    expect(await isMounted(rig)).toBe(true);
  });

  test('does not touch a foreign mount in use at its mountpoint', async () => {
    const rig = await withVolume();
    await rig.host.files.makeDirectory('/foreign');
    await rig.host.files.makeMountpoint(rig.mountpoint('db'));
    await rig.host.mounts.bind('/foreign', rig.mountpoint('db'), []);
    rig.state.use(rig.mountpoint('db'), container);
    await expect(rig.driver.mount(db, a, present)).rejects.toMatchObject({ code: 'conflict' });
    expect(await isMounted(rig)).toBe(true);
  });

  test('of a caller that has left records no holder, and the next call is answered at once', async () => {
    const rig = await withVolume();
    await expect(rig.driver.mount(db, a, { gone: () => true })).rejects.toMatchObject({ code: 'timeout' });
    expect((await rig.driver.get(db))?.holders).toEqual([]);
    await rig.driver.mount(db, a, present);
    expect((await rig.driver.get(db))?.holders).toHaveLength(1);
  });

  test('whose answer was lost drops its holder, but not one that held before', async () => {
    const rig = await withVolume();
    const first = await rig.driver.mount(db, a, present);
    const again = await rig.driver.mount(db, a, present);
    await again.undelivered();
    expect((await rig.driver.get(db))?.holders).toHaveLength(1);
    await first.undelivered();
    expect((await rig.driver.get(db))?.holders).toEqual([]);
  });

  test('whose answer was lost keeps the holder if somebody has mounted with the same ID since', async () => {
    const rig = await withVolume();
    const first = await rig.driver.mount(db, id(''), present);
    await rig.driver.mount(db, id(''), present);
    await first.undelivered();
    expect(await isMounted(rig)).toBe(true);
    await rig.driver.unmount(db, id(''));
    expect(await isMounted(rig)).toBe(false);
  });

  test('that takes too long is answered with timeout, continues, and is joined by the next call', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const state = createFakeState();
    const slow = interceptHost(createFakeHost(state), async (call, run) => {
      if (call.name === 'mounts.bind') await gate;
      return run();
    });
    const rig = await openRig({ state, host: slow, timings: { longDeadline: 300 } });
    await rig.driver.create(db, {});
    await expect(rig.driver.mount(db, a, present)).rejects.toMatchObject({ code: 'timeout' });
    release();
    await rig.driver.mount(db, b, present);
    expect((await rig.driver.get(db))?.holders.map((holder) => holder.id)).toEqual(['b']);
    expect(state.mounts.filter(({ mountpoint }) => mountpoint === rig.mountpoint('db'))).toHaveLength(1);
  });

  test('of one volume does not wait for another volume that hangs', async () => {
    const state = createFakeState();
    const hung = interceptHost(createFakeHost(state), (call, run) =>
      call.name === 'mounts.bind' && call.detail.endsWith('/hung')
        ? new Promise<never>(() => undefined)
        : run(),
    );
    const rig = await openRig({ state, host: hung, timings: { longDeadline: 500 } });
    await rig.driver.create(volume('hung'), {});
    await rig.driver.create(db, {});
    const stuck = expect(rig.driver.mount(volume('hung'), a, present)).rejects.toMatchObject({
      code: 'timeout',
    });
    await rig.driver.mount(db, a, present);
    expect((await rig.driver.get(volume('hung')))?.volume.name).toBe('hung');
    await stuck;
  });
});

describe('Unmount', () => {
  test('by the last holder unmounts the volume', async () => {
    const rig = await withVolume();
    await rig.driver.mount(db, a, present);
    await rig.driver.mount(db, b, present);
    await rig.driver.unmount(db, a);
    expect(await isMounted(rig)).toBe(true);
    await rig.driver.unmount(db, b);
    expect(await isMounted(rig)).toBe(false);
  });

  test('of any name and ID succeeds', async () => {
    const rig = await withVolume();
    await rig.driver.unmount(db, a);
    await rig.driver.unmount(volume('never-heard-of'), a);
    await rig.driver.mount(db, a, present);
    await rig.driver.unmount(db, b);
    expect(await isMounted(rig)).toBe(true);
  });

  test('after `docker cp` leaves the mount to the container, whose end unmounts it', async () => {
    const rig = await withVolume();
    await rig.driver.mount(db, a, present);
    rig.state.use(rig.mountpoint('db'), container);
    await rig.driver.mount(db, a, present);
    await rig.driver.unmount(db, a);
    expect(await isMounted(rig)).toBe(true);
    rig.state.release(rig.mountpoint('db'));
    await rig.driver.unmount(db, a);
    expect(await isMounted(rig)).toBe(false);
  });

  test('succeeds even if the teardown fails, which is retried later', async () => {
    const rig = await withVolume();
    await rig.driver.mount(db, a, present);
    rig.state.busy.add(rig.mountpoint('db'));
    await rig.driver.unmount(db, a);
    expect(await isMounted(rig)).toBe(true);
    rig.state.busy.clear();
    rig.state.clock.now += 60_000;
    await rig.driver.reap();
    expect(await isMounted(rig)).toBe(false);
  });

  test('that overtakes a running Mount of the same ID ends unmounted', async () => {
    const rig = await withVolume();
    const mounting = rig.driver.mount(db, a, present);
    await rig.driver.unmount(db, a);
    await mounting;
    expect(await isMounted(rig)).toBe(false);
    expect((await rig.driver.get(db))?.holders).toEqual([]);
  });

  test('while another mounts leaves a live mount', async () => {
    const rig = await withVolume();
    await rig.driver.mount(db, a, present);
    await Promise.all([rig.driver.unmount(db, a), rig.driver.mount(db, b, present)]);
    expect(await isMounted(rig)).toBe(true);
  });
});

describe('a caller without IDs', () => {
  test('is one holder, for any number of Mounts', async () => {
    const rig = await withVolume();
    await rig.driver.mount(db, id(''), present);
    await rig.driver.mount(db, id(''), present);
    await rig.driver.unmount(db, id(''));
    expect(await isMounted(rig)).toBe(false);
  });
});

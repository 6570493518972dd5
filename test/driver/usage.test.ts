import { describe, expect, test } from '@jest/globals';
import { localBackend } from '../../src/backends/local/definition.ts';
import { createFakeServers, hostOf, nfsKind } from '../backends/shared/network-share/under-test.ts';
import { createFakeHost, createFakeState } from '../fakes/host/fake-host.ts';
import { changedBackend } from '../fakes/open-backend.ts';
import { id, openRig, present, type Rig, volume } from '../fakes/rig.ts';

const db = volume('db');
const hour = 3_600_000;

const usageOf = async ({ driver }: Rig, name = db) => (await driver.get(name))?.usage;

async function write({ host }: Rig, path: string, bytes: number): Promise<void> {
  await host.files.writeText(path, 'x'.repeat(bytes), 'replace');
}

test('the usage of a volume is unknown until it was measured, and grows with writes', async () => {
  const rig = await openRig();
  await rig.driver.create(db, {});
  await rig.driver.mount(db, id('a'), present);
  expect(await usageOf(rig)).toBeUndefined();
  await rig.driver.measure();
  const before = await usageOf(rig);
  expect(before).toMatchObject({ of: 'volume', measuredAt: rig.state.clock.now, room: { of: 'root' } });
  await write(rig, `${rig.mountpoint('db')}/file`, 1 << 20);
  rig.state.clock.now += 61_000;
  await rig.driver.measure();
  const after = await usageOf(rig);
  expect((after?.usedBytes ?? 0) - (before?.usedBytes ?? 0)).toBe(1 << 20);
  expect(after?.measuredAt).toBe(rig.state.clock.now);
  await rig.driver.close();
});

test('mounted volumes are measured every minute, and others every six hours', async () => {
  const rig = await openRig();
  for (const name of ['db', 'idle']) await rig.driver.create(volume(name), {});
  await rig.driver.mount(db, id('a'), present);
  const began = rig.state.clock.now;
  const ages = async () =>
    Promise.all(
      ['db', 'idle'].map(async (name) => ((await usageOf(rig, volume(name)))?.measuredAt ?? 0) - began),
    );
  await rig.driver.measure();
  expect(await ages()).toEqual([0, 0]);
  rig.state.clock.now = began + 59_000;
  await rig.driver.measure();
  expect(await ages()).toEqual([0, 0]);
  rig.state.clock.now = began + 61_000;
  await rig.driver.measure();
  expect(await ages()).toEqual([61_000, 0]);
  rig.state.clock.now = began + 6 * hour;
  await rig.driver.measure();
  expect(await ages()).toEqual([6 * hour, 6 * hour]);
  await rig.driver.close();
});

test('an unmounted image keeps its usage, and one that was never mounted has its size', async () => {
  const rig = await openRig();
  for (const name of ['db', 'new']) await rig.driver.create(volume(name), { size: '64MiB' });
  await rig.driver.mount(db, id('a'), present);
  await write(rig, `${rig.mountpoint('db')}/file`, 1 << 20);
  await rig.driver.measure();
  const full = await usageOf(rig);
  expect(full?.usedBytes).toBeGreaterThanOrEqual(1 << 20);
  await rig.driver.unmount(db, id('a'));
  rig.state.clock.now += 7 * hour;
  await rig.driver.measure();
  expect(await usageOf(rig)).toEqual(full);
  const { room, ...own } = (await usageOf(rig, volume('new'))) ?? {};
  expect(own).toEqual({ of: 'volume', sizeBytes: 64 << 20, measuredAt: rig.state.clock.now });
  expect(room).toMatchObject({ of: 'root', place: '/srv/volumes' });
  await rig.driver.close();
});

test('a volume that was measured before it was mounted is measured again for a caller who asks', async () => {
  const rig = await openRig();
  await rig.driver.create(db, { size: '64MiB' });
  expect((await rig.driver.usageOf(db))?.usedBytes).toBeUndefined();
  await rig.driver.mount(db, id('a'), present);
  expect((await rig.driver.usageOf(db))?.usedBytes).toBeGreaterThan(0);
  await rig.driver.close();
});

test('a foreign mount at the mountpoint is not measured as the volume', async () => {
  const rig = await openRig();
  await rig.driver.create(db, { size: '64MiB' });
  await rig.driver.mount(db, id('a'), present);
  await rig.host.mounts.unmount(rig.mountpoint('db'));
  await rig.driver.measure();
  expect((await usageOf(rig))?.usedBytes).toBeUndefined();
  await rig.driver.close();
});

describe('a root that fills up', () => {
  const gibibyte = 1024 ** 3;
  const percents = async (rig: Rig, free: readonly number[]) => {
    for (const bytes of free) {
      rig.state.setFreeBytes('/', bytes);
      rig.state.clock.now += 61_000;
      await rig.driver.measure();
    }
    return rig.events.filter(({ event }) => event === 'nearly-full');
  };

  async function openHalfFull(): Promise<Rig> {
    const rig = await openRig();
    await rig.driver.create(db, {});
    await rig.driver.create(volume('other'), {});
    await rig.driver.mount(db, id('a'), present);
    await write(rig, `${rig.mountpoint('db')}/file`, 8 << 20);
    return rig;
  }

  test('is reported at 80, 90 and 100 per cent, once each, with its path and figures', async () => {
    const rig = await openHalfFull();
    const events = await percents(rig, [gibibyte, 1 << 20, 1 << 20, 500 << 10, 0, 0]);
    expect(events.map(({ level, fields }) => [level, fields.reached])).toEqual([
      ['warn', 80],
      ['warn', 90],
      ['error', 100],
    ]);
    expect(events[0]?.fields).toMatchObject({
      driver: 'holdfast',
      root: '/srv/volumes',
      percent: expect.any(Number),
      usedBytes: expect.any(Number),
      sizeBytes: expect.any(Number),
    });
    await rig.driver.close();
  });
  test('is reported again after it was well below that', async () => {
    const rig = await openHalfFull();
    expect(await percents(rig, [1 << 20, gibibyte, 1 << 20])).toHaveLength(2);
    await rig.driver.close();
  });
});

describe('a storage that hangs', () => {
  const hanging = changedBackend(localBackend, (backend) => ({
    ...backend,
    usage: () => new Promise(() => undefined),
  }));

  test('delays no call and no stop while it is measured', async () => {
    const rig = await openRig({ definition: hanging, settings: { root: '/srv/volumes' } });
    await rig.driver.create(db, {});
    void rig.driver.measure();
    const began = performance.now();
    await rig.driver.mount(db, id('a'), present);
    expect(await usageOf(rig)).toBeUndefined();
    expect([...rig.driver.list()]).toHaveLength(1);
    await rig.driver.unmount(db, id('a'));
    await rig.driver.remove(db);
    expect(performance.now() - began).toBeLessThan(1000);
    await rig.driver.close();
    expect(performance.now() - began).toBeLessThan(4000);
  });
  test('keeps the last known usage, with its age', async () => {
    const state = createFakeState();
    const rig = await openRig({ state, host: createFakeHost(state) });
    await rig.driver.create(db, {});
    await rig.driver.measure();
    const known = await usageOf(rig);
    state.failNext('remote.count', new Error('EIO: i/o error'), '/srv/volumes/db');
    state.clock.now += 7 * hour;
    await rig.driver.measure();
    expect(known?.usedBytes).toBeGreaterThan(0);
    expect(await usageOf(rig)).toEqual(known);
    expect(rig.events).toContainEqual(expect.objectContaining({ level: 'debug', event: 'usage-unknown' }));
    await rig.driver.close();
  });
});

test('a share whose server is down is not measured, and other shares are', async () => {
  const servers = createFakeServers();
  const state = hostOf(nfsKind, servers);
  const { definition, settings } = nfsKind;
  const rig = await openRig({ state, host: createFakeHost(state), definition, settings });
  await rig.driver.create(db, {});
  await rig.driver.create(volume('media'), { share: nfsKind.other });
  await rig.driver.mount(volume('media'), id('a'), present);
  await rig.driver.mount(db, id('a'), present);
  servers.home.conditions.add('down');
  await rig.driver.measure();
  expect(await usageOf(rig)).toBeUndefined();
  expect(await usageOf(rig, volume('media'))).toMatchObject({ of: 'share' });
  servers.home.conditions.clear();
  await rig.driver.close();
});

test('users of mounted volumes are looked up again, and shown with the state of the driver', async () => {
  const rig = await openRig();
  for (const name of ['db', 'idle', 'new']) await rig.driver.create(volume(name), {});
  for (const name of ['db', 'idle']) await rig.driver.mount(volume(name), id('a'), present);
  rig.state.use(rig.mountpoint('db'), { pid: 7, command: 'postgres' });
  expect(rig.driver.status()).toMatchObject({ volumes: 3, unreadable: 0, mounted: 2, held: 2 });
  const uses = await rig.driver.uses();
  expect(uses.map(({ view, use, users }) => [view.volume.name, use, users.length])).toEqual([
    ['db', 'used', 1],
    ['idle', 'unused', 0],
  ]);
  await rig.driver.close();
});

describe('the last use', () => {
  const unusedOf = async ({ driver }: Rig) =>
    (await driver.unused()).map(({ view, lastUsed }) => [view.volume.name, lastUsed]);

  test('of a local volume is the time of its last unmount; if never recorded, it is unknown', async () => {
    const rig = await openRig();
    const began = rig.state.clock.now;
    for (const name of ['db', 'new']) await rig.driver.create(volume(name), {});
    await rig.driver.mount(db, id('a'), present);
    await rig.driver.measure();
    expect(await unusedOf(rig)).toEqual([['new', undefined]]);
    rig.state.clock.now += 3 * hour;
    await rig.driver.measure();
    rig.state.clock.now += hour / 2;
    await rig.driver.unmount(db, id('a'));
    expect(await unusedOf(rig)).toEqual([
      ['db', began + 3.5 * hour],
      ['new', undefined],
    ]);
    await rig.driver.close();
  });
  test('of a volume on a share is that of any host, and a volume that another host uses is not unused', async () => {
    const servers = createFakeServers();
    const { definition, settings } = nfsKind;
    const open = () => {
      const state = hostOf(nfsKind, servers);
      return openRig({ state, host: createFakeHost(state), definition, settings });
    };
    const [here, there] = [await open(), await open()];
    await there.driver.create(db, {});
    await there.driver.mount(db, id('a'), present);
    await there.driver.measure();
    await here.driver.get(db);
    expect(await unusedOf(here)).toEqual([]);
    const used = there.state.clock.now;
    await there.driver.unmount(db, id('a'));
    here.state.clock.now += 3 * hour;
    expect(await unusedOf(here)).toEqual([['db', used]]);
    here.state.clock.error = -100 * hour;
    expect(await unusedOf(here)).toEqual([['db', undefined]]);
    await Promise.all([here.driver.close(), there.driver.close()]);
  });
});

test('what removed volumes take is measured in the background, told in the status, and forgotten with the purge', async () => {
  const { driver, state, mountpoint, host } = await openRig({ settings: { trashRetention: '1h' } });
  const db = volume('db');
  await driver.create(db, {});
  await driver.mount(db, id('a'), present);
  await host.files.writeText(`${mountpoint('db')}/file`, 'x'.repeat(300_000), 'replace');
  await driver.unmount(db, id('a'));
  expect(driver.status().trashBytes).toBeUndefined();
  await driver.measure();
  expect(driver.status().trashBytes).toBeLessThan(300_000);
  await driver.remove(db);
  await driver.measure();
  expect(driver.status().trashBytes).toBeLessThan(300_000);
  state.clock.now += 11 * 60_000;
  await driver.measure();
  expect(driver.status().trashBytes).toBeGreaterThanOrEqual(300_000);
  await driver.close();
});

import { describe, expect, test } from '@jest/globals';
import type { Configuration, DriverConfiguration } from '../../../src/config/configuration.ts';
import { type DriverName, parseDriverName, parseMountId, parseVolumeName } from '../../../src/core/names.ts';
import type { Options } from '../../../src/core/volume.ts';
import { type DriverSet, openDriverSet } from '../../../src/daemon/drivers/set.ts';
import { createStagedPlaces } from '../../../src/driver/places/staged.ts';
import type { Host } from '../../../src/host/host.ts';
import { createFakeHost, createFakeState, type FakeState } from '../../fakes/host/fake-host.ts';
import { present } from '../../fakes/rig.ts';
import { eventually } from '../../lab/eventually.ts';
import { configurationWith, localDriver } from '../configuration.ts';

const name = parseDriverName;
const local = (root: string, defaults: Options = {}) => localDriver({ root }, defaults);

interface Opened extends DriverSet {
  readonly events: readonly string[];
  readonly host: Host;
  readonly state: FakeState;
}

function configurationOf(
  drivers: Record<string, DriverConfiguration>,
  members: readonly string[],
): Configuration {
  return configurationWith({
    drivers: new Map(
      Object.entries(drivers).map(([key, driver]): [DriverName, DriverConfiguration] => [name(key), driver]),
    ),
    joints: new Map([[name('all'), { members: members.map(name), rules: [], defaultMember: name('gold') }]]),
  });
}

async function open(
  drivers: Record<string, DriverConfiguration>,
  members: readonly string[],
  prepare: (host: Host) => Promise<unknown> = async () => undefined,
): Promise<Opened> {
  const configuration = configurationOf(drivers, members);
  const events: string[] = [];
  const log = {
    enabled: () => true,
    write: (_: string, event: string, fields: Readonly<Record<string, unknown>> = {}) =>
      void events.push([event, fields.driver, fields.member].filter(Boolean).join(' ')),
  };
  const state = createFakeState();
  const host = createFakeHost(state);
  await host.files.makeDirectory('/mnt');
  await host.mounts.makeMountRoot('/mnt');
  await prepare(host);
  const opened = await openDriverSet(
    { configuration, log, audit: () => undefined },
    { host, witnesses: new Map(), places: createStagedPlaces() },
    { first: 5, longest: 20 },
  );
  return { ...opened, events, host, state };
}

test('a joint driver is opened after its members and serves their volumes', async () => {
  const {
    drivers: now,
    close,
    events,
  } = await open({ gold: local('/gold'), shared: local('/shared') }, ['gold', 'shared']);
  const drivers = now();
  expect([...drivers.keys()].sort()).toEqual(['all', 'gold', 'shared']);
  const db = parseVolumeName('db');
  await drivers.get(name('all'))?.create(db, {});
  expect(await drivers.get(name('gold'))?.get(db)).toBeDefined();
  await close();
  expect(events).toEqual([]);
});

test('it is opened even if a member is not, and names that member', async () => {
  const {
    drivers: now,
    close,
    events,
  } = await open({ gold: local('/gold'), broken: local('/broken', { size: 'huge' }) }, ['broken', 'gold']);
  expect(events).toEqual(['driver-failed broken', 'member-missing all broken']);
  const drivers = now();
  const db = parseVolumeName('db');
  await drivers.get(name('gold'))?.create(db, {});
  expect(await drivers.get(name('all'))?.get(db)).toMatchObject({ member: 'gold' });
  await expect(drivers.get(name('all'))?.get(parseVolumeName('other'))).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('Driver broken could not be started'),
  });
  await close();
});

test('it is not opened if none of its members is', async () => {
  const {
    drivers: now,
    close,
    events,
  } = await open({ gold: local('/gold'), broken: local('/broken', { size: 'huge' }) }, ['broken']);
  const drivers = now();
  expect([...drivers.keys()]).toEqual(['gold']);
  expect(events).toEqual(['driver-failed broken', 'driver-failed all']);
  await close();
});

describe('a driver that could not be opened', () => {
  const blocked = '/state/iron';
  const block = async (host: Host) => {
    await host.files.makeDirectory('/state');
    await host.files.writeText(blocked, 'a file where its state should be', 'replace');
  };
  const isOpen = (set: DriverSet, driver: string) => async () => set.drivers().has(name(driver));

  test('is tried again until it is open, without effect on the others', async () => {
    const set = await open({ gold: local('/gold'), iron: local('/iron') }, ['gold', 'iron'], block);
    const db = parseVolumeName('db');
    const gold = set.drivers().get(name('gold'));
    await gold?.create(db, {});
    await gold?.mount(db, parseMountId('a'), present);
    const before = await set.host.mounts.below('/mnt');
    expect(set.health()).toMatchObject([
      { driver: 'gold', state: 'ready' },
      { driver: 'iron', state: 'failed', error: expect.objectContaining({ message: expect.any(String) }) },
      { driver: 'all', state: 'ready' },
    ]);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(set.events).toEqual(['driver-failed iron', 'member-missing all iron']);
    await set.host.files.removeFile(blocked);
    await eventually('iron is open', isOpen(set, 'iron'));
    expect(set.events.slice(2)).toEqual(['driver-opened iron']);
    expect([...set.drivers().keys()]).toEqual(['gold', 'iron', 'all']);
    expect(set.drivers().get(name('gold'))).toBe(gold);
    expect(await set.host.mounts.below('/mnt')).toEqual(before);
    await eventually('it is recovered', async () => set.health().every(({ state }) => state === 'ready'));
    await set.close();
  });

  test('becomes a member of its joint driver then, which lists its volumes', async () => {
    const set = await open({ gold: local('/gold'), iron: local('/iron') }, ['gold', 'iron'], block);
    const all = set.drivers().get(name('all'));
    const db = parseVolumeName('db');
    const capabilities = all?.capabilities;
    await expect(all?.create(db, { driver: 'iron' })).rejects.toMatchObject({ code: 'unavailable' });
    const before = all?.revision ?? 0;
    await set.host.files.removeFile(blocked);
    await eventually('iron is open', isOpen(set, 'iron'));
    expect(all?.revision).toBeGreaterThan(before);
    expect(set.drivers().get(name('all'))).toBe(all);
    expect(all?.capabilities).toEqual(capabilities);
    await set.drivers().get(name('iron'))?.create(db, {});
    expect(await all?.get(db)).toMatchObject({ member: 'iron' });
    await set.close();
  });

  test('opens its joint driver too, if that has no other member', async () => {
    const set = await open({ gold: local('/gold'), iron: local('/iron') }, ['iron'], block);
    const shown: (string | undefined)[] = [];
    set.watch(name('all'), (driver) => shown.push(driver?.name));
    expect(set.health().at(-1)).toMatchObject({ driver: 'all', state: 'failed' });
    await set.host.files.removeFile(blocked);
    await eventually('all is open', isOpen(set, 'all'));
    expect(shown).toEqual([undefined, 'all']);
    await set.close();
  });

  test('is not tried again once the daemon stops', async () => {
    const set = await open({ gold: local('/gold'), iron: local('/iron') }, ['gold'], block);
    await set.close();
    await set.host.files.removeFile(blocked);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(set.drivers().has(name('iron'))).toBe(false);
  });
});

/** A set of drivers in which volume db of driver gold is mounted for a container. */
async function openWithVolume(
  drivers: Record<string, DriverConfiguration> = { gold: local('/gold'), iron: local('/iron') },
  members: readonly string[] = ['gold'],
) {
  const set = await open(drivers, members);
  const driver = (of: string) => {
    const found = set.drivers().get(name(of));
    if (found === undefined) throw new Error(`${of} is not open`);
    return found;
  };
  await driver('gold').create(db, {});
  await driver('gold').mount(db, parseMountId('a'), present);
  return { set, driver, mounts: () => set.host.mounts.below('/mnt') };
}

const db = parseVolumeName('db');
/** Applies a configuration, and checks that its foresight changed nothing and was right. */
async function take({ set, mounts }: Rig, ...given: Parameters<typeof configurationOf>) {
  const after = configurationOf(...given);
  // A driver that is not open is tried again meanwhile.
  const health = () => set.health().map((each) => ({ ...each, retryInMs: undefined }));
  const before = [await mounts(), health(), set.configuration()];
  const foreseen = await set.foresee(after);
  expect([await mounts(), health(), set.configuration()]).toEqual(before);
  const taken = await set.take(after);
  expect(foreseen).toEqual(taken);
  return taken;
}
type Rig = Awaited<ReturnType<typeof openWithVolume>>;
const nothing = { added: [], changed: [], removed: [], refused: [] };
const refusal = (driver: string, code: string, message: RegExp) => ({
  ...nothing,
  refused: [{ driver, error: expect.objectContaining({ code, message: expect.stringMatching(message) }) }],
});

describe('a driver that is added', () => {
  test('is opened, without effect on the volumes of others', async () => {
    const rig = await openWithVolume({ gold: local('/gold') });
    const gold = rig.driver('gold');
    const before = await rig.mounts();
    expect(await take(rig, { gold: local('/gold'), iron: local('/iron') }, ['gold'])).toEqual({
      ...nothing,
      added: ['iron'],
    });
    expect([...rig.set.drivers().keys()]).toEqual(['gold', 'iron', 'all']);
    expect(rig.driver('gold')).toBe(gold);
    expect(await rig.mounts()).toEqual(before);
    await rig.driver('iron').create(db, {});
    await rig.set.close();
  });

  test('is tried again if it cannot be opened', async () => {
    const set = await open({ gold: local('/gold') }, ['gold']);
    await set.host.files.writeText('/state/iron', 'in the way', 'replace');
    await set.take(configurationOf({ gold: local('/gold'), iron: local('/iron') }, ['gold']));
    expect(set.health()).toMatchObject([{ state: 'ready' }, { driver: 'iron', state: 'failed' }, {}]);
    await set.host.files.removeFile('/state/iron');
    await eventually('iron is open', async () => set.drivers().has(name('iron')));
    await set.close();
  });
});

describe('a driver that is changed', () => {
  const drivers = (gold: DriverConfiguration) => ({ gold, iron: local('/iron') });

  test('keeps its mounts and holders, and its later volumes follow the new defaults', async () => {
    const rig = await openWithVolume();
    const before = await rig.mounts();
    const gold = rig.driver('gold');
    expect(await take(rig, drivers(local('/gold', { mode: '0700' })), ['gold'])).toEqual({
      ...nothing,
      changed: ['gold'],
    });
    expect(await rig.mounts()).toEqual(before);
    expect(rig.driver('gold')).toBe(gold);
    expect((await gold.get(db))?.holders).toMatchObject([{ id: 'a' }]);
    await gold.create(parseVolumeName('web'), {});
    expect((await gold.get(parseVolumeName('web')))?.volume).toMatchObject({ options: { mode: '0700' } });
    await gold.unmount(db, parseMountId('a'));
    expect((await gold.get(db))?.mountpoint).toBeUndefined();
    expect(rig.set.configuration().drivers.get(name('gold'))?.defaults).toEqual({ mode: '0700' });
    await rig.set.close();
  });

  test('drops the holder of a Mount by the previous driver whose answer was not delivered', async () => {
    const rig = await openWithVolume();
    const mounted = await rig.driver('gold').mount(db, parseMountId('b'), present);
    await take(rig, drivers(local('/gold', { mode: '0700' })), ['gold']);
    await mounted.undelivered();
    expect((await rig.driver('gold').get(db))?.holders).toMatchObject([{ id: 'a' }]);
    await rig.set.close();
  });

  test('continues as it was if the new one cannot be opened', async () => {
    const rig = await openWithVolume();
    const before = await rig.mounts();
    expect(await take(rig, drivers(local('/gold', { size: 'huge' })), ['gold'])).toEqual(
      refusal('gold', 'failed', /^Driver gold continues as it was, because it could not be started .*huge/),
    );
    expect(await rig.mounts()).toEqual(before);
    await rig.driver('gold').create(parseVolumeName('web'), {});
    expect(rig.set.configuration().drivers.get(name('gold'))?.defaults).toEqual({});
    expect(rig.set.health()).toMatchObject([{ driver: 'gold', state: 'ready' }, {}, {}]);
    await rig.set.close();
  });

  test('is refused another storage while a volume is held, is not even paused, and the others are applied', async () => {
    const rig = await openWithVolume();
    const changed = { gold: local('/silver'), iron: local('/iron', { mode: '0700' }) };
    expect(await take(rig, changed, ['gold'])).toEqual({
      ...refusal('gold', 'in-use', /its storage has changed, and its volume db is mounted on this host/),
      changed: ['iron'],
    });
    expect(rig.set.configuration().drivers.get(name('gold'))?.settings.text()).toContain('"/gold"');
    await rig.driver('gold').unmount(db, parseMountId('a'));
    expect(await take(rig, changed, ['gold'])).toEqual({ ...nothing, changed: ['gold'] });
    // As after a restart: a storage without any of the known volumes may be the wrong one.
    await expect(rig.driver('gold').create(parseVolumeName('web'), {})).rejects.toMatchObject({
      code: 'unavailable',
    });
    await rig.set.close();
  });

  test('is refused another storage while somebody uses a volume that nobody holds', async () => {
    const rig = await openWithVolume();
    const mountpoint = (await rig.driver('gold').get(db))?.mountpoint ?? '';
    rig.set.state.use(mountpoint, { pid: 7, command: 'x' });
    await rig.driver('gold').unmount(db, parseMountId('a'));
    expect(await take(rig, drivers(local('/silver')), ['gold'])).toEqual(
      refusal('gold', 'in-use', /its volume db is mounted on this host/),
    );
    rig.set.state.release(mountpoint);
    expect(await take(rig, drivers(local('/silver')), ['gold'])).toEqual({ ...nothing, changed: ['gold'] });
    await rig.set.close();
  });

  test('that could not be opened is opened with its new configuration', async () => {
    const rig = await openWithVolume({ gold: local('/gold'), iron: local('/iron', { size: 'huge' }) });
    expect(rig.set.health()).toMatchObject([{}, { driver: 'iron', state: 'failed' }, {}]);
    expect(await take(rig, drivers(local('/gold')), ['gold'])).toEqual({ ...nothing, changed: ['iron'] });
    await rig.driver('iron').create(db, {});
    await rig.set.close();
  });
});

describe('a driver that is removed', () => {
  test('is closed, without effect on others', async () => {
    const rig = await openWithVolume();
    const iron = rig.driver('iron');
    const before = await rig.mounts();
    expect(await take(rig, { gold: local('/gold') }, ['gold'])).toEqual({ ...nothing, removed: ['iron'] });
    expect([...rig.set.drivers().keys()]).toEqual(['gold', 'all']);
    expect(await rig.mounts()).toEqual(before);
    await expect(iron.create(db, {})).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('Driver iron was removed from the configuration of this daemon. '),
    });
    expect(rig.set.health().map(({ driver }) => driver)).toEqual(['gold', 'all']);
    await rig.set.close();
  });

  test('and added again knows its volumes', async () => {
    const rig = await openWithVolume();
    await rig.driver('iron').create(db, {});
    await take(rig, { gold: local('/gold') }, ['gold']);
    await take(rig, { gold: local('/gold'), iron: local('/iron') }, ['gold']);
    expect(Array.from(rig.driver('iron').list(), ({ volume }) => volume.name)).toEqual([db]);
    await rig.set.close();
  });

  test('is refused while one of its volumes is held; volumes without a holder are unmounted first', async () => {
    const rig = await openWithVolume({ gold: local('/gold'), iron: local('/iron') }, ['iron']);
    const iron = { iron: local('/iron') };
    expect(await take(rig, iron, ['iron'])).toEqual(
      refusal(
        'gold',
        'in-use',
        /it is no longer in the configuration, and its volume db is mounted on this host/,
      ),
    );
    await rig.driver('gold').get(db);
    await rig.driver('gold').unmount(db, parseMountId('a'));
    expect(await take(rig, iron, ['iron'])).toEqual({ ...nothing, removed: ['gold'] });
    expect(await rig.mounts()).toEqual([]);
    await rig.set.close();
  });

  test('frees its directory for one that is added', async () => {
    const rig = await openWithVolume();
    await rig.driver('iron').create(db, {});
    expect(await take(rig, { gold: local('/gold'), steel: local('/iron') }, ['gold'])).toEqual({
      ...nothing,
      added: ['steel'],
      removed: ['iron'],
    });
    expect((await rig.driver('steel').get(db))?.volume.name).toBe(db);
    await rig.set.close();
  });

  test('that continues does not share its directory with one that is added', async () => {
    const rig = await openWithVolume({ gold: local('/gold'), iron: local('/iron') }, ['iron']);
    const { refused, added } = await take(rig, { silver: local('/gold'), iron: local('/iron') }, ['iron']);
    expect(added).toEqual([]);
    expect(refused).toMatchObject([
      { driver: 'gold', error: { code: 'in-use' } },
      {
        driver: 'silver',
        error: { code: 'conflict', message: expect.stringContaining('driver gold still works in its root') },
      },
    ]);
    await rig.set.close();
  });
});

describe('a joint driver', () => {
  test('follows its changed members and rules, and its list changes with them', async () => {
    const rig = await openWithVolume();
    const all = rig.driver('all');
    const before = all.revision;
    await rig.driver('iron').create(parseVolumeName('web'), {});
    expect(await take(rig, { gold: local('/gold'), iron: local('/iron') }, ['gold', 'iron'])).toEqual({
      ...nothing,
      changed: ['all'],
    });
    expect(rig.driver('all')).toBe(all);
    expect(all.revision).toBeGreaterThan(before);
    expect(await all.get(parseVolumeName('web'))).toMatchObject({ member: 'iron' });
    await rig.set.close();
  });

  test('keeps a member whose volumes are held, because their Unmounts may come through it', async () => {
    const rig = await openWithVolume(undefined, ['gold', 'iron']);
    const message =
      /^Driver all continues as it was: it would lose its member gold, its volume db is held on this host/;
    expect(await take(rig, { iron: local('/iron') }, ['iron'])).toMatchObject({
      removed: [],
      refused: [
        { driver: 'all', error: { code: 'in-use', message: expect.stringMatching(message) } },
        {
          driver: 'gold',
          error: { code: 'conflict', message: expect.stringContaining('member of driver all') },
        },
      ],
    });
    expect(await rig.driver('all').get(db)).toMatchObject({ member: 'gold' });
    await rig.set.close();
  });
});

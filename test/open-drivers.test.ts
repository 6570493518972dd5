import { expect, test } from '@jest/globals';
import type { Configuration, DriverConfiguration } from '../src/config/configuration.ts';
import { type DriverName, parseDriverName, parseVolumeName } from '../src/core/names.ts';
import { type OpenDrivers, openDrivers } from '../src/open-drivers.ts';
import { createFakeHost } from './fakes/fake-host.ts';

const name = parseDriverName;
const local = (settings: DriverConfiguration['settings']): DriverConfiguration => ({
  backend: 'local',
  settings,
  defaults: {},
  profiles: {},
});

interface Opened extends OpenDrivers {
  readonly events: readonly string[];
}

async function open(
  drivers: Record<string, DriverConfiguration>,
  members: readonly string[],
): Promise<Opened> {
  const configuration: Configuration = {
    mountRoot: '/mnt',
    stateDir: '/state',
    runtimeDir: '/run',
    socketDir: '/sockets',
    adminSocket: '/admin.sock',
    log: { level: 'info', format: 'json' },
    grace: 600_000,
    drivers: new Map(
      Object.entries(drivers).map(([key, driver]): [DriverName, DriverConfiguration] => [name(key), driver]),
    ),
    witnesses: new Map(),
    joints: new Map([[name('all'), { members: members.map(name), rules: [], defaultMember: name('gold') }]]),
  };
  const events: string[] = [];
  const log = {
    enabled: () => true,
    write: (_: string, event: string, fields: Readonly<Record<string, unknown>> = {}) =>
      void events.push([event, fields.driver, fields.member].filter(Boolean).join(' ')),
  };
  const host = createFakeHost();
  await host.files.makeDirectory('/mnt');
  await host.mounts.makeMountRoot('/mnt');
  const opened = await openDrivers(
    { configuration, log, audit: () => undefined },
    { host, witnesses: new Map() },
  );
  return { ...opened, events };
}

test('a joint driver is opened after its members and serves their volumes', async () => {
  const { drivers, close, events } = await open(
    { gold: local({ root: '/gold' }), shared: local({ root: '/shared' }) },
    ['gold', 'shared'],
  );
  expect([...drivers.keys()].sort()).toEqual(['all', 'gold', 'shared']);
  const db = parseVolumeName('db');
  await drivers.get(name('all'))?.create(db, {});
  expect(await drivers.get(name('gold'))?.get(db)).toBeDefined();
  await close();
  expect(events).toEqual([]);
});

test('it is opened though a member is not, and says which', async () => {
  const { drivers, close, events } = await open(
    { gold: local({ root: '/gold' }), broken: local({ root: 7 }) },
    ['broken', 'gold'],
  );
  expect(events).toEqual(['driver-failed broken', 'member-missing all broken']);
  const db = parseVolumeName('db');
  await drivers.get(name('gold'))?.create(db, {});
  expect(await drivers.get(name('all'))?.get(db)).toMatchObject({ member: 'gold' });
  await expect(drivers.get(name('all'))?.get(parseVolumeName('other'))).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('Driver broken could not be started'),
  });
  await close();
});

test('it is not opened without any of its members', async () => {
  const { drivers, close, events } = await open(
    { gold: local({ root: '/gold' }), broken: local({ root: 7 }) },
    ['broken'],
  );
  expect([...drivers.keys()]).toEqual(['gold']);
  expect(events).toEqual(['driver-failed broken', 'driver-failed all']);
  await close();
});

import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createRestores } from '../../../src/backup/restoring.ts';
import type { Configuration } from '../../../src/config/configuration.ts';
import { silentLog } from '../../../src/core/log.ts';
import { parseDriverName } from '../../../src/core/names.ts';
import type { Options } from '../../../src/core/volume.ts';
import { createDriverDoors } from '../../../src/daemon/doors/drivers.ts';
import { openDriverSet } from '../../../src/daemon/drivers/set.ts';
import { openObservatory } from '../../../src/daemon/open-observation.ts';
import { createReload } from '../../../src/daemon/reload.ts';
import { createStagedPlaces } from '../../../src/driver/places/staged.ts';
import { createFakeHost } from '../../fakes/host/fake-host.ts';
import { callPlugin } from '../../fakes/plugin-client.ts';
import { listenParts } from '../../lab/network/listen-parts.ts';
import { configurationWith, localDriver } from '../configuration.ts';

let folder: string;
let ends: (() => Promise<void>)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  mkdirSync(join(folder, 'state'));
});

afterEach(async () => {
  for (const end of ends) await end();
  ends = [];
  rmSync(folder, { recursive: true });
});

interface Local {
  readonly root: string;
  readonly trashRetention?: string;
  readonly defaults?: Options;
}

interface Wanted {
  /** Local drivers, by name. */
  readonly own: Readonly<Record<string, Local>>;
  /** Joint drivers, by name: their members. */
  readonly joint?: Readonly<Record<string, readonly string[]>>;
  readonly pluginSocket?: string;
}

function configurationOf({ own, joint = {}, ...more }: Wanted): Configuration {
  const local = ({ defaults = {}, ...settings }: Local) => localDriver(settings, defaults);
  return configurationWith({
    stateDir: join(folder, 'state'),
    socketDir: join(folder, 'plugins'),
    adminSocket: join(folder, 'admin.sock'),
    drivers: new Map(Object.entries(own).map(([name, driver]) => [parseDriverName(name), local(driver)])),
    joints: new Map(
      Object.entries(joint).map(([name, members]) => [
        parseDriverName(name),
        { members: members.map(parseDriverName), rules: [], defaultMember: parseDriverName('gold') },
      ]),
    ),
    ...more,
  });
}

/** Drivers with their sockets, and a function that reloads another configuration. */
async function served(wanted: Wanted) {
  const configuration = configurationOf(wanted);
  const restores = createRestores(() => {
    throw new Error('There are no backups here.');
  });
  const parts = { configuration, log: silentLog, audit: () => undefined, version: '1', restores };
  const host = createFakeHost();
  await host.files.makeDirectory('/mnt');
  await host.mounts.makeMountRoot('/mnt');
  const set = await openDriverSet(parts, { host, witnesses: new Map(), places: createStagedPlaces() });
  const observatory = await openObservatory(parts);
  const doors = createDriverDoors(set, parts, { ...listenParts, attach: () => undefined, observatory });
  for (const name of [...configuration.drivers.keys(), ...configuration.joints.keys()])
    await doors.open(name);
  let next = configuration;
  const close = async () => {
    ends = [];
    await doors.close();
    await set.close();
    await observatory.events.close();
  };
  ends.push(close);
  const { reload } = createReload({
    load: async () => ({ kind: 'usable', file: undefined, configuration: next, warnings: [] }),
    current: set.configuration,
    set,
    doors,
    log: silentLog,
  });
  return {
    socket: (driver: string) => join(folder, 'plugins', `${driver}.sock`),
    call(driver: string, method: string, agent?: Agent) {
      const body = { Name: 'db', ID: 'a' };
      return callPlugin(this.socket(driver), method, body, agent === undefined ? {} : { agent });
    },
    async change(after: Wanted) {
      next = configurationOf(after);
      const { refused } = await reload();
      expect(refused).toEqual([]);
    },
    close,
  };
}

const gold = { own: { gold: { root: '/gold' } } };
const both = { own: { ...gold.own, iron: { root: '/iron' } } };
const verbs = ['Get', 'Mount', 'Unmount', 'Path', 'Create', 'Remove', 'Capabilities'];

describe('the socket of a driver that a reload removed', () => {
  const sentence = expect.stringMatching(/^Driver iron was removed from the configuration of this daemon\. /);

  test('lists no volumes, and refuses all else with the reason', async () => {
    const daemon = await served(both);
    expect((await daemon.call('iron', 'VolumeDriver.Create')).status).toBe(200);
    await daemon.change(gold);
    const list = await daemon.call('iron', 'VolumeDriver.List');
    expect([list.status, list.json]).toEqual([200, { Volumes: [] }]);
    for (const method of ['Plugin.Activate', ...verbs.map((verb) => `VolumeDriver.${verb}`)]) {
      const { status, json } = await daemon.call('iron', method);
      expect([method, status, json]).toEqual([method, 503, { Err: sentence }]);
    }
    await daemon.close();
    expect(existsSync(daemon.socket('iron'))).toBe(false);
  });

  test('answers on a connection that an engine keeps', async () => {
    const daemon = await served(both);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await daemon.call('iron', 'VolumeDriver.Create', agent)).status).toBe(200);
    await daemon.change(gold);
    expect((await daemon.call('iron', 'VolumeDriver.List', agent)).json).toEqual({ Volumes: [] });
    await daemon.change(both);
    expect((await daemon.call('iron', 'VolumeDriver.List', agent)).text).toContain('"db"');
    agent.destroy();
    await daemon.close();
  });

  test('serves the driver again once it is added again, also with other settings, each time', async () => {
    const daemon = await served(both);
    await daemon.call('iron', 'VolumeDriver.Create');
    for (const trashRetention of ['1h', '2h', '1h']) {
      await daemon.change(gold);
      await daemon.change({ own: { steel: { root: '/steel' }, ...gold.own } });
      expect((await daemon.call('iron', 'VolumeDriver.Get')).json).toEqual({ Err: sentence });
      await daemon.change({ own: { ...gold.own, iron: { root: '/iron', trashRetention } } });
      expect((await daemon.call('iron', 'VolumeDriver.Get')).status).toBe(200);
      expect((await daemon.call('steel', 'VolumeDriver.List')).json).toEqual({ Volumes: [] });
    }
    await daemon.close();
  });

  test('serves a joint driver that gets its name, and answers for that once it is removed', async () => {
    const daemon = await served(both);
    await daemon.call('gold', 'VolumeDriver.Create');
    await daemon.change(gold);
    await daemon.change({ ...gold, joint: { iron: ['gold'] } });
    expect((await daemon.call('iron', 'VolumeDriver.List')).text).toContain('"db"');
    await daemon.change(gold);
    expect((await daemon.call('iron', 'VolumeDriver.List')).json).toEqual({ Volumes: [] });
    expect((await daemon.call('iron', 'VolumeDriver.Get')).json).toEqual({ Err: sentence });
    await daemon.close();
  });

  test('is that of the next driver if there is only one, as in a managed plugin', async () => {
    const pluginSocket = join(folder, 'plugins', 'only.sock');
    const daemon = await served({ ...gold, pluginSocket });
    await daemon.change({ own: { iron: { root: '/iron' } }, pluginSocket });
    expect((await daemon.call('only', 'VolumeDriver.Create')).status).toBe(200);
    await daemon.close();
  });
});

test('a driver that could not be opened does not seem to have no volumes', async () => {
  const broken = { root: '/broken', defaults: { size: 'huge' } };
  const daemon = await served({ own: { ...gold.own, broken }, joint: { all: ['broken'] } });
  for (const driver of ['broken', 'all'])
    expect((await daemon.call(driver, 'VolumeDriver.List')).status).toBe(503);
  await daemon.close();
});

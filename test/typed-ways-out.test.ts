import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { silentLog } from '../src/core/log.ts';
import { operatorId } from '../src/core/mount-ledger.ts';
import { type Act, acts } from '../src/core/way-out.ts';
import { runDvdcli } from '../src/dvdcli/run.ts';
import { createPluginApp } from '../src/http/plugin/app.ts';
import { runHere } from './cli/in-process.ts';
import { type AdminSocket, openAdminSocket } from './fakes/admin-socket.ts';
import { type JointRig, openJointRig } from './fakes/joint-rig.ts';
import { present, volume } from './fakes/rig.ts';
import { post } from './lab/network/unix-http.ts';

/*
 * Every way out that a front door prints works as printed: for each act, at each front door that can report its error.
 */

const db = volume('db');
let folder: string;
let rig: JointRig;
let admin: AdminSocket;
let closers: (() => Promise<unknown>)[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-ways-'));
  mkdirSync(join(folder, 'plugins'));
  writeFileSync(join(folder, 'mountinfo'), '');
  rig = await openJointRig({ timings: { startup: 0 } });
  const drivers = [rig.gold.driver, rig.shared.driver, rig.joint];
  admin = await openAdminSocket(drivers);
  closers = drivers.map((driver) => {
    const server = createServer(createPluginApp(driver, silentLog));
    server.listen(socketOf(driver.name));
    return async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
  });
});
afterEach(async () => {
  for (const close of closers) await close();
  await admin.close();
  await rig.close();
  rmSync(folder, { recursive: true });
});

const socketOf = (driver: string) => join(folder, 'plugins', `${driver}.sock`);
const places = () => ({
  sockets: join(folder, 'plugins'),
  specs: [],
  engineConfig: join(folder, 'daemon.json'),
  engineData: join(folder, 'docker'),
  mountTable: join(folder, 'mountinfo'),
});

/** How to provoke an error that needs each act, with `gold` or with the joint driver. */
const situations: Readonly<
  Record<Act, { readonly driver: 'gold' | 'all'; readonly verb: Verb; prepare(): Promise<unknown> }>
> = {
  create: { driver: 'gold', verb: 'get', prepare: async () => undefined },
  undelete: {
    driver: 'gold',
    verb: 'get',
    async prepare() {
      await rig.gold.driver.create(db, {});
      await rig.gold.driver.remove(db);
    },
  },
  'list-removed': { driver: 'gold', verb: 'undelete', prepare: async () => undefined },
  remove: {
    driver: 'all',
    verb: 'remove',
    prepare: () => Promise.all([rig.gold.driver.create(db, {}), rig.shared.driver.create(db, {})]),
  },
  unmount: {
    driver: 'gold',
    verb: 'remove',
    async prepare() {
      await rig.gold.driver.create(db, {});
      await rig.gold.driver.mount(db, operatorId, present);
    },
  },
};

type Verb = 'get' | 'remove' | 'undelete';

/** A front door's answer to a verb. Empty: done; undefined: it has no such verb. */
interface FrontDoor {
  readonly name: string;
  readonly types: Readonly<Partial<Record<Act, string>>>;
  ask(verb: Verb, driver: string): Promise<string | undefined>;
}

const doors: readonly FrontDoor[] = [
  {
    name: 'an engine',
    types: { create: 'docker' },
    async ask(verb, driver) {
      const method = { get: 'Get', remove: 'Remove', undelete: undefined }[verb];
      if (method === undefined) return undefined;
      const { body } = await post(socketOf(driver), `/VolumeDriver.${method}`, { Name: 'db' });
      return String(JSON.parse(body).Err ?? '');
    },
  },
  {
    name: 'the admin socket',
    types: {},
    ask: (verb, driver) => {
      const path = verb === 'undelete' ? `/v1/removed/${driver}/db/undelete` : `/v1/volumes/${driver}/db`;
      const method = { get: 'GET', remove: 'DELETE', undelete: 'POST' }[verb];
      return new Promise((resolve, reject) => {
        const asked = request({ socketPath: admin.path, method, path, agent: false }, async (response) => {
          const chunks = await response.toArray();
          resolve(String(JSON.parse(Buffer.concat(chunks).toString()).error?.message ?? ''));
        });
        asked.on('error', reject);
        asked.end();
      });
    },
  },
  {
    name: 'dvdcli',
    types: { create: 'dvdcli', remove: 'dvdcli' },
    async ask(verb, driver) {
      if (verb === 'undelete') return undefined;
      return (await dvdcli([verb, `--volumedriver=${driver}`, '--volumename=db'])).err;
    },
  },
];

function dvdcli(words: readonly string[]) {
  return runDvdcli(words, { places: places() });
}

/** Runs the command; returns its exit code, or another sign that it failed. */
async function type(command: string): Promise<unknown> {
  const [program = '', ...words] = command.split(' ');
  if (program === 'holdfast') return (await runHere([...words, '--socket', admin.path])).code;
  if (program === 'dvdcli') return (await dvdcli(words)).code;
  const [, driver, name] = /^docker volume create --driver (\S+) (\S+)$/.exec(command) ?? [];
  if (driver === undefined) return `Nobody can type ${command}`;
  const { status } = await post(socketOf(driver), '/VolumeDriver.Create', { Name: name });
  return status === 200 ? 0 : status;
}

describe.each(doors)('at $name', ({ ask, types }) => {
  test.each(acts)('the way out "%s" works as it is printed', async (act) => {
    const { driver, verb, prepare } = situations[act];
    await prepare();
    const said = await ask(verb, driver);
    if (said === undefined) return;
    const typed = Array.from(said.matchAll(/`([^`]+)`/g), ([, command = '']) => command);
    expect(typed[0]).toMatch(new RegExp(`^${types[act] ?? 'holdfast'} `));
    expect([typed[0], await type(typed[0] ?? '')]).toEqual([typed[0], 0]);
    if (act !== 'list-removed') expect(await ask(verb, driver)).toBe('');
  });
});

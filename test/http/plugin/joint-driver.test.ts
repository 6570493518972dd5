import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { silentLog } from '../../../src/core/log.ts';
import { createPluginApp } from '../../../src/http/plugin/app.ts';
import { type Listening, listenOnPath } from '../../../src/http/sockets.ts';
import { createWiredServer } from '../../../src/http/wired-server.ts';
import { type JointRig, openJointRig } from '../../fakes/joint-rig.ts';
import { callPlugin } from '../../fakes/plugin-client.ts';
import { volume } from '../../fakes/rig.ts';
import { listenParts } from '../../lab/network/listen-parts.ts';

let rig: JointRig;
let folder = '';
let listening: Listening;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-joint-'));
  rig = await openJointRig();
  listening = await listenOnPath(
    createWiredServer(createPluginApp(rig.joint, silentLog)),
    join(folder, 'all.sock'),
    listenParts,
  );
});
afterEach(async () => {
  await listening.close();
  await rig.close();
  rmSync(folder, { recursive: true });
});

const call = (method: string, body?: unknown) => callPlugin(listening.path, `VolumeDriver.${method}`, body);

test('the calls of an engine for a container reach the member, and leave nothing mounted', async () => {
  expect((await call('Create', { Name: 'db', Opts: null })).status).toBe(200);
  const mounted = await call('Mount', { Name: 'db', ID: 'one' });
  expect(mounted.json).toEqual({ Mountpoint: rig.gold.mountpoint('db') });
  expect((await call('Get', { Name: 'db' })).json).toMatchObject({
    Volume: {
      Name: 'db',
      Mountpoint: rig.gold.mountpoint('db'),
      Status: { driver: 'all', backend: 'joint', member: 'gold', holders: 1 },
    },
  });
  expect((await call('Unmount', { Name: 'db', ID: 'one' })).text).toBe('{}');
  expect((await call('Remove', { Name: 'db' })).text).toBe('{}');
  expect((await call('List')).json).toEqual({ Volumes: [] });
});

test('List follows changes in any member, by any name', async () => {
  const listed = async () => (await call('List')).json;
  expect(await listed()).toEqual({ Volumes: [] });
  await rig.shared.driver.create(volume('web'), {});
  await rig.gold.driver.create(volume('db'), {});
  expect(await listed()).toMatchObject({ Volumes: [{ Name: 'db' }, { Name: 'web' }] });
  await call('Mount', { Name: 'web' });
  expect(await listed()).toMatchObject({ Volumes: [{}, { Mountpoint: rig.shared.mountpoint('web') }] });
});

test('the scope is local as soon as one member is', async () => {
  expect((await call('Capabilities')).json).toEqual({ Capabilities: { Scope: 'local' } });
});

test('ambiguity and silence are errors with a status of their own, and Unmount succeeds', async () => {
  await rig.gold.driver.create(volume('db'), {});
  await rig.shared.driver.create(volume('db'), {});
  rig.silence('shared');
  const ambiguous = await call('Mount', { Name: 'db', ID: 'one' });
  expect([ambiguous.status, ambiguous.text]).toEqual([409, expect.stringContaining('gold and shared')]);
  const unsaid = await call('Get', { Name: 'other' });
  expect([unsaid.status, unsaid.text]).toEqual([503, expect.stringContaining('shared does not answer')]);
  expect((await call('Unmount', { Name: 'db', ID: 'one' })).status).toBe(200);
  expect((await call('Unmount', { Name: 'other', ID: 'one' })).status).toBe(200);
});

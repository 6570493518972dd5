import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createPluginApp } from '../../../src/http/plugin/app.ts';
import { type Listening, listenOnPath } from '../../../src/http/sockets.ts';
import { createWiredServer } from '../../../src/http/wired-server.ts';
import { callPlugin } from '../../fakes/plugin-client.ts';
import { openRig, type Rig } from '../../fakes/rig.ts';
import { eventually } from '../../lab/eventually.ts';
import { listenParts } from '../../lab/network/listen-parts.ts';

let folder: string;
let rig: Rig;
let listening: Listening;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-abuse-'));
  rig = await openRig();
  const app = createPluginApp(rig.driver, { enabled: () => false, write: () => undefined });
  listening = await listenOnPath(createWiredServer(app), join(folder, 'holdfast.sock'), listenParts);
});
afterEach(async () => {
  await listening.close();
  rmSync(folder, { recursive: true });
});

const call = (method: string, body: unknown) => callPlugin(listening.path, `VolumeDriver.${method}`, body);
const names = () => Array.from(rig.driver.list(), ({ volume }) => String(volume.name));

/** Sends bytes, and resolves with what comes back until so many answers did or the connection ends. */
function exchange(bytes: string, answers: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(listening.path);
    let text = '';
    const end = () => {
      socket.destroy();
      resolve(text);
    };
    socket.on('error', end).on('close', end);
    socket.on('data', (chunk) => {
      text += chunk;
      if (text.split('HTTP/1.1 ').length > answers) end();
    });
    socket.write(bytes);
  });
}

const post = (method: string, body: string, headers = `Content-Length: ${body.length}\r\n`) =>
  `POST /VolumeDriver.${method} HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`;

test.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
  'a volume may be called %s, and is absent until it is created',
  async (Name) => {
    expect((await call('Get', { Name })).status).toBe(404);
    await call('Create', { Name });
    expect((await call('Get', { Name })).json).toMatchObject({ Volume: { Name } });
    const refused = await call('Create', { Name: 'other', Opts: { [Name]: 'x' } });
    expect(refused.json).toMatchObject({ Err: expect.stringContaining(`no option "${Name}"`) });
  },
);

test.each([
  ['a number', 5],
  ['an object', {}],
  ['two lines', 'a\nb'],
  ['two words', 'a b'],
  ['5,000 characters', 'x'.repeat(5000)],
])('%s as a mount ID: refused, and nothing is mounted', async (_, ID) => {
  await call('Create', { Name: 'db' });
  const { status, json } = await call('Mount', { Name: 'db', ID });
  expect([status, json]).toEqual([400, { Err: expect.stringContaining('mount ID') }]);
  expect((await call('Get', { Name: 'db' })).json).not.toHaveProperty('Volume.Mountpoint');
});

test.each([
  ['two lengths', post('Create', '{"Name":"a"}', 'Content-Length: 12\r\nContent-Length: 13\r\n')],
  [
    'a length and chunks',
    post('Create', '0\r\n\r\n', 'Content-Length: 12\r\nTransfer-Encoding: chunked\r\n'),
  ],
  ['a chunk without a length', post('Create', 'zz\r\n{"Name":"a"}\r\n', 'Transfer-Encoding: chunked\r\n')],
  ['headers without an end', `POST /VolumeDriver.Create HTTP/1.1\r\nX: ${'y'.repeat(100_000)}`],
])('a request with %s is refused, and has no effect', async (_, bytes) => {
  expect(await exchange(bytes, 1)).not.toContain('HTTP/1.1 200');
  expect(names()).toEqual([]);
  expect((await call('List', {})).status).toBe(200);
});

test('a body in chunks is read, and 500 requests at once on one connection are answered in order', async () => {
  const chunked = post('Create', 'c\r\n{"Name":"a"}\r\n0\r\n\r\n', 'Transfer-Encoding: chunked\r\n');
  expect(await exchange(chunked, 1)).toContain('HTTP/1.1 200');
  const asked = Array.from({ length: 500 }, (_, index) => (index % 2 === 0 ? 'a' : 'b'));
  const answered = await exchange(asked.map((Name) => post('Get', JSON.stringify({ Name }))).join(''), 500);
  expect(Array.from(answered.matchAll(/HTTP\/1\.1 (\d+)/g), ([, status]) => status)).toEqual(
    asked.map((Name) => (Name === 'a' ? '200' : '404')),
  );
});

test('200 Creates of one name at once, with eight sets of options, make one volume, and the others fail', async () => {
  const modes = Array.from({ length: 200 }, (_, index) => `07${index % 8}0`);
  const answers = await Promise.all(modes.map((mode) => call('Create', { Name: 'db', Opts: { mode } })));
  const made = (await call('Get', { Name: 'db' })).json;
  for (const [index, { status }] of answers.entries()) {
    const isSame = JSON.stringify(made).includes(`"mode":"${modes[index]}"`);
    expect(status).toBe(isSame ? 200 : 409);
  }
  expect(names()).toEqual(['db']);
});

test('callers who hang up in the middle of Create and Mount leave whole volumes and no holder', async () => {
  const hungUp = (method: string, body: object, after: number) =>
    new Promise<void>((resolve) => {
      const socket = connect(listening.path, () => {
        socket.write(post(method, JSON.stringify(body)));
        setTimeout(() => socket.destroy(), after);
      });
      socket.on('error', () => undefined).on('close', () => resolve());
    });
  const all = Array.from({ length: 20 }, (_, index) => ({ Name: `v${index}`, after: index % 5 }));
  await Promise.all(all.map(({ Name, after }) => hungUp('Create', { Name, Opts: { size: '64m' } }, after)));
  for (const { Name } of all)
    expect((await call('Create', { Name, Opts: { size: '64m' } })).status).toBe(200);
  await Promise.all(all.map(({ Name, after }) => hungUp('Mount', { Name, ID: 'a' }, after)));
  await eventually('nobody holds one', async () =>
    Array.from(rig.driver.views()).every(({ holders }) => holders.length === 0),
  );
  for (const { Name } of all) expect((await call('Remove', { Name })).status).toBe(200);
  expect(names()).toEqual([]);
});

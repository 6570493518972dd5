import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseVolumeName } from '../../../src/core/names.ts';
import { VolumeError } from '../../../src/core/volume-error.ts';
import type { VolumeEvent } from '../../../src/core/volume-event.ts';
import { type AdminSocket, openAdminSocket } from '../../fakes/admin-socket.ts';
import { createFakeDriver, type FakeDriver } from '../../fakes/fake-driver.ts';

let gold: FakeDriver;
let shared: FakeDriver;
let socket: AdminSocket;

beforeEach(async () => {
  gold = createFakeDriver('gold');
  shared = createFakeDriver('shared');
  socket = await openAdminSocket([gold, shared]);
});
afterEach(() => socket.close());

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

function ask(method: string, path: string, body?: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: socket.path, method, path, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    });
    asked.on('error', reject);
    asked.end(typeof body === 'string' ? body : body && JSON.stringify(body));
  });
}

const failing = (code: string, message: unknown) => ({ error: { code, message } });
const db = parseVolumeName('db');

test('reports its version and its drivers', async () => {
  expect(await ask('GET', '/v1/version')).toEqual({
    status: 200,
    body: { version: '1.2.3', pid: process.pid },
  });
  const counts = { volumes: 0, unreadable: 0, mounted: 0, held: 0, catalogAge: 1500 };
  expect((await ask('GET', '/v1/drivers')).body).toEqual({
    drivers: [
      { name: 'gold', backend: 'fake', scope: 'local', sharing: 'one-host', ...counts },
      { name: 'shared', backend: 'fake', scope: 'local', sharing: 'one-host', ...counts },
    ],
  });
});

test('reports the members of a joint driver, and lists no volume twice for it', async () => {
  const all = createFakeDriver('all', ['gold', 'shared']);
  await socket.close();
  socket = await openAdminSocket([gold, all]);
  await gold.create(db, {});
  await all.create(db, {});
  expect((await ask('GET', '/v1/drivers')).body).toMatchObject({
    drivers: [{ name: 'gold' }, { name: 'all', members: ['gold', 'shared'] }],
  });
  expect((await ask('GET', '/v1/volumes')).body).toMatchObject({ volumes: [{ driver: 'gold' }] });
  expect((await ask('GET', '/v1/volumes?driver=all')).body).toMatchObject({ volumes: [{ driver: 'all' }] });
  expect((await ask('GET', '/v1/volumes/all/db')).body).toMatchObject({ driver: 'all', member: 'gold' });
});

test('events can be the latest ones alone, and a diagnosis that of one driver', async () => {
  await socket.close();
  const event = (id: string): VolumeEvent => ({
    id,
    time: '2026-01-01T00:00:00Z',
    what: 'mount',
    driver: 'gold',
    outcome: 'ok',
    asker: { door: 'daemon' },
  });
  socket = await openAdminSocket([gold, shared], undefined, { find: async () => ['a', 'b', 'c'].map(event) });
  const ids = async (query: string) =>
    JSON.parse(JSON.stringify((await ask('GET', `/v1/events${query}`)).body)).events.map(
      ({ id }: VolumeEvent) => id,
    );
  expect(await ids('')).toEqual(['a', 'b', 'c']);
  expect(await ids('?last=2')).toEqual(['b', 'c']);
  expect(await ids('?last=9')).toEqual(['a', 'b', 'c']);
  for (const last of ['0', '-1', 'x', '1e3', '1234567'])
    expect((await ask('GET', `/v1/events?last=${last}`)).status).toBe(400);
  expect((await ask('GET', '/v1/diagnosis')).body).toMatchObject({
    drivers: [{ driver: 'gold' }, { driver: 'shared' }],
  });
  expect((await ask('GET', '/v1/diagnosis?driver=shared')).body).toMatchObject({
    drivers: [{ driver: 'shared' }],
  });
  expect((await ask('GET', '/v1/diagnosis?driver=none')).status).toBe(404);
});

describe('a volume', () => {
  const shown = {
    driver: 'gold',
    name: 'db',
    id: 'id-1',
    createdAt: '2024-01-02T03:04:05Z',
    options: { size: '2GiB', uid: '7' },
  };
  beforeEach(async () => {
    const made = await ask('POST', '/v1/volumes/gold', { name: 'db', options: { size: '2GiB', uid: '7' } });
    expect(made).toMatchObject({ status: 201, body: shown });
  });

  test('is listed and shown with its holders', async () => {
    await shared.create(db, {});
    const whole = {
      ...shown,
      given: { size: '2GiB', uid: '7' },
      holders: [],
      catalogAge: 1500,
      details: { zone: 'eu-1a' },
    };
    expect((await ask('GET', '/v1/volumes?driver=gold')).body).toEqual({ volumes: [whole] });
    expect((await ask('GET', '/v1/volumes')).body).toMatchObject({
      volumes: [{ driver: 'gold' }, { driver: 'shared' }],
    });
    expect((await ask('GET', '/v1/volumes/gold/db')).body).toEqual(whole);
  });

  test('is held by the operator between mount and unmount', async () => {
    const mounted = await ask('POST', '/v1/volumes/gold/db/mount');
    expect(mounted).toEqual({
      status: 200,
      body: { driver: 'gold', name: 'db', mountpoint: '/mnt/gold/db' },
    });
    expect((await ask('GET', '/v1/volumes/gold/db')).body).toMatchObject({
      mountpoint: '/mnt/gold/db',
      holders: [{ id: 'operator', kind: 'operator' }],
    });
    expect(await ask('DELETE', '/v1/volumes/gold/db')).toMatchObject({
      status: 409,
      body: { error: { code: 'in-use' } },
    });
    expect((await ask('POST', '/v1/volumes/gold/db/unmount')).body).toEqual({ driver: 'gold', name: 'db' });
    expect((await gold.get(db))?.holders).toEqual([]);
  });

  test('is removed, listed as removed, and brought back', async () => {
    expect(await ask('DELETE', '/v1/volumes/gold/db')).toEqual({
      status: 200,
      body: { driver: 'gold', name: 'db' },
    });
    expect((await ask('GET', '/v1/volumes/gold/db')).status).toBe(404);
    expect((await ask('GET', '/v1/removed/gold')).body).toEqual({
      removed: [
        {
          driver: 'gold',
          name: 'db',
          id: 'id-1',
          removedAt: '2024-01-02T03:04:05Z',
          purgeAfter: '2024-01-03T03:04:05Z',
        },
      ],
    });
    expect(await ask('POST', '/v1/removed/gold/db/undelete', { id: 'other' })).toMatchObject({ status: 404 });
    expect(await ask('POST', '/v1/removed/gold/db/undelete')).toEqual({ status: 200, body: shown });
  });

  test('that exists with other options is a conflict', async () => {
    const again = await ask('POST', '/v1/volumes/gold', { name: 'db', options: { size: '3GiB' } });
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'conflict' } } });
  });
});

describe('recovery', () => {
  const step = { action: 'restage', volume: 'db', why: 'held and not mounted' };

  test('is planned and run for every driver', async () => {
    expect((await ask('GET', '/v1/recovery')).body).toEqual({
      drivers: [
        { driver: 'gold', steps: [step] },
        { driver: 'shared', steps: [step] },
      ],
    });
    expect((await ask('POST', '/v1/recovery')).body).toMatchObject({
      drivers: [{ steps: [step, { error: 'the server does not answer' }] }, { driver: 'shared' }],
    });
  });

  test('of one driver that fails does not stop the others', async () => {
    gold.failNext(new VolumeError('unavailable', 'no disk'));
    expect(await ask('GET', '/v1/recovery')).toEqual({
      status: 200,
      body: {
        drivers: [
          { driver: 'gold', steps: [], error: { code: 'unavailable', message: 'no disk' } },
          { driver: 'shared', steps: [step] },
        ],
      },
    });
  });
});

describe('an error has a status, a code and a sentence', () => {
  test.each<[string, string, unknown, number, object]>([
    ['GET', '/v2', undefined, 404, failing('not-found', expect.stringContaining('There is no GET /v2'))],
    [
      'POST',
      '/v1/version',
      undefined,
      404,
      failing('not-found', expect.stringContaining('POST /v1/version')),
    ],
    [
      'GET',
      '/v1/volumes?driver=glod',
      undefined,
      404,
      failing('not-found', 'There is no driver "glod". Did you mean gold?'),
    ],
    ...[
      '/v1/volumes?drivr=gold',
      '/v1/volumes?driver[]=gold',
      '/v1/events?volum=db',
      '/v1/diagnosis?drivers=x',
    ].map((path): [string, string, unknown, number, object] => [
      'GET',
      path,
      undefined,
      400,
      failing('invalid', expect.stringContaining('The query is wrong: Unrecognized key')),
    ]),
    [
      'GET',
      '/v1/volumes/x/db',
      undefined,
      404,
      failing('not-found', 'There is no driver "x". The drivers are gold, shared.'),
    ],
    [
      'GET',
      '/v1/volumes/gold/none',
      undefined,
      404,
      failing('not-found', 'Volume none does not exist in driver gold.'),
    ],
    ['GET', '/v1/volumes/gold/%2e%2e', undefined, 400, failing('invalid', expect.stringContaining('".."'))],
    ['GET', '/v1/volumes/gold/a%2fb', undefined, 400, failing('invalid', expect.stringContaining('"a/b"'))],
    ['GET', '/v1/volumes/gold/%ff', undefined, 400, failing('invalid', 'The path is not well formed.')],
    ['POST', '/v1/volumes/gold', '{', 400, failing('invalid', 'The request is not JSON: send an object.')],
    ['POST', '/v1/volumes/gold', '', 400, failing('invalid', expect.stringContaining('at "name"'))],
    [
      'POST',
      '/v1/volumes/gold',
      [],
      400,
      failing('invalid', expect.stringContaining('The request is wrong')),
    ],
    [
      'POST',
      '/v1/volumes/gold',
      { name: '../x' },
      400,
      failing('invalid', expect.stringContaining('"../x"')),
    ],
    [
      'POST',
      '/v1/volumes/gold',
      { name: 'a', options: { size: 5 } },
      400,
      failing('invalid', expect.stringContaining('"size" must be a string')),
    ],
    [
      'POST',
      '/v1/volumes/gold',
      '{"name": "a", "options": {"__proto__": 5}}',
      400,
      failing('invalid', expect.stringContaining('__proto__')),
    ],
    [
      'POST',
      '/v1/volumes/gold',
      { name: 'a', opts: {} },
      400,
      failing('invalid', expect.stringContaining('opts')),
    ],
    [
      'POST',
      '/v1/volumes/gold',
      `{"name":"${'a'.repeat(5_000_000)}"}`,
      400,
      failing('invalid', expect.stringContaining('bytes')),
    ],
    [
      'POST',
      '/v1/removed/gold/db/undelete',
      { id: 5 },
      400,
      failing('invalid', expect.stringContaining('at "id"')),
    ],
  ])('%s %s %#', async (method, path, body, status, answer) => {
    expect(await ask(method, path, body)).toEqual({ status, body: answer });
  });

  test.each<[unknown, number, object]>([
    [new VolumeError('timeout', 'slow'), 504, failing('timeout', 'slow')],
    [new VolumeError('unavailable', 'down'), 503, failing('unavailable', 'down')],
    [
      new TypeError('x is not a function'),
      500,
      failing('failed', expect.stringContaining('x is not a function')),
    ],
  ])('even if the driver throws %p', async (error, status, answer) => {
    gold.failNext(error);
    expect(await ask('GET', '/v1/volumes/gold/db')).toEqual({ status, body: answer });
    expect((await ask('GET', '/v1/version')).status).toBe(200);
  });
});

test('changes are logged as info, looks at debug, failures as warnings', async () => {
  await ask('POST', '/v1/volumes/gold', { name: 'db' });
  await ask('GET', '/v1/volumes/gold/db');
  await ask('DELETE', '/v1/volumes/nowhere/db');
  expect(
    socket.events.map(({ level, event, fields }) => [level, event, fields.call, fields.outcome]),
  ).toEqual([
    ['info', 'admin', 'POST /v1/volumes/gold', 'ok'],
    ['debug', 'admin', 'GET /v1/volumes/gold/db', 'ok'],
    ['warn', 'admin', 'DELETE /v1/volumes/nowhere/db', 'not-found'],
  ]);
});

test('an operator that hangs up while a volume is being mounted does not hold it', async () => {
  await gold.create(db, {});
  const mount = gold.mount.bind(gold);
  let begun: () => void = () => undefined;
  let proceed: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const held = new Promise<void>((resolve) => {
    proceed = resolve;
  });
  Object.assign(gold, {
    mount: async (...args: Parameters<typeof mount>) => {
      begun();
      await held;
      return mount(...args);
    },
  });
  const asked = request({
    socketPath: socket.path,
    method: 'POST',
    path: '/v1/volumes/gold/db/mount',
    agent: false,
  });
  asked.on('error', () => undefined);
  asked.end();
  await reached;
  asked.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  proceed();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await gold.get(db))?.holders).toEqual([]);
});

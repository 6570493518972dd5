import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from '@jest/globals';
import { VolumeError } from '../../../src/core/volume-error.ts';
import type { DriverHealth } from '../../../src/http/admin/health.ts';
import { type AdminSocket, openAdminSocket } from '../../fakes/admin-socket.ts';

let socket: AdminSocket;
afterEach(() => socket.close());

async function ask(path: string): Promise<{ readonly status: number; readonly body: unknown }> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: socket.path, path, agent: false }, async (response) => {
      resolve({ status: response.statusCode ?? 0, body: JSON.parse(await text(response)) });
    });
    asked.on('error', reject).end();
  });
}

const open = async (...drivers: readonly DriverHealth[]) => {
  socket = await openAdminSocket([], undefined, undefined, undefined, () => drivers);
};
const gold: DriverHealth = { driver: 'gold', state: 'ready' };
const down = {
  server: 'nfs.example',
  state: 'down',
  detail: 'It is down.',
  downSince: 1,
  losses: 0,
} as const;

test('a daemon whose drivers are all open and recovered is live and ready', async () => {
  await open(gold, { driver: 'shared', state: 'ready' });
  expect(await ask('/health/live')).toEqual({ status: 200, body: { state: 'live' } });
  expect(await ask('/health/ready')).toEqual({
    status: 200,
    body: { state: 'ready', drivers: [gold, { driver: 'shared', state: 'ready' }] },
  });
  expect(await ask('/health/drivers/gold')).toEqual({ status: 200, body: gold });
});

test('a driver that could not be opened is named with the reason; the daemon is live, and the others are ready', async () => {
  const error = new VolumeError('failed', 'The state\u001b cannot be read.');
  await open(gold, { driver: 'iron', state: 'failed', error, retryInMs: 1500 });
  const iron = {
    driver: 'iron',
    state: 'failed',
    error: { code: 'failed', message: 'The state\\u001b cannot be read.' },
    retryInMs: 1500,
  };
  expect(await ask('/health/live')).toMatchObject({ status: 200 });
  expect(await ask('/health/ready')).toEqual({
    status: 503,
    body: { state: 'not-ready', drivers: [gold, iron] },
  });
  expect(await ask('/health/drivers/iron')).toEqual({ status: 503, body: iron });
  expect(await ask('/health/drivers/gold')).toMatchObject({ status: 200 });
});

test('a daemon that still recovers is not ready', async () => {
  await open(gold, { driver: 'shared', state: 'recovering' });
  expect(await ask('/health/ready')).toMatchObject({ status: 503 });
  expect(await ask('/health/drivers/shared')).toMatchObject({ status: 503, body: { state: 'recovering' } });
});

test('a storage server that is down makes its driver unhealthy, but not the daemon', async () => {
  await open(gold, { driver: 'shared', state: 'ready', storage: { ...down, checkedAt: 0 } });
  expect(await ask('/health/ready')).toMatchObject({ status: 200 });
  expect(await ask('/health/drivers/shared')).toMatchObject({
    status: 503,
    body: { state: 'ready', storage: { state: 'down', server: 'nfs.example' } },
  });
});

test('an unconfigured driver is not found', async () => {
  await open(gold);
  expect(await ask('/health/drivers/gould')).toMatchObject({
    status: 404,
    body: { error: { code: 'not-found' } },
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findAdminSocket } from '../../src/config/find-admin-socket.ts';
import { loadText } from './load.ts';

let folder = '';
let read = 0;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-socket-'));
  read = 0;
});
afterEach(() => rm(folder, { recursive: true }));

const find = (environment: Record<string, string>, text = 'adminSocket: /run/configured.sock\n') =>
  findAdminSocket(
    environment,
    () => {
      read += 1;
      return loadText(text);
    },
    { file: join(folder, 'config.yaml'), socket: join(folder, 'admin.sock') },
  );
const make = (file: string) => writeFile(join(folder, file), '');

test('the environment names the socket before anything else', async () => {
  await make('admin.sock');
  expect(await find({ HOLDFAST_ADMIN_SOCKET: '/run/other.sock' })).toBe('/run/other.sock');
});

test('the default socket is used if it exists, or nothing is configured: no configuration is read', async () => {
  expect(await find({})).toBe(join(folder, 'admin.sock'));
  await make('config.yaml');
  await make('admin.sock');
  expect(await find({})).toBe(join(folder, 'admin.sock'));
  expect(read).toBe(0);
});

test('the configured one is used if the default one does not exist', async () => {
  expect(await find({ HOLDFAST_CONFIG: '/etc/other.yaml' })).toBe('/run/configured.sock');
  await make('config.yaml');
  expect(await find({})).toBe('/run/configured.sock');
  expect(await find({}, 'nonsense: 1\n')).toBe(join(folder, 'admin.sock'));
});

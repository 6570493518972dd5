import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../lab/eventually.ts';
import { type BackupRig, fakeResticFolder, openBackupRig } from './rig.ts';

const token = 'secret-token-4711';
let resticFolder: string;
let rig: BackupRig;
let server: Server;
let received: unknown[];
let statuses: number[];
let hookFile: string;

beforeEach(async () => {
  [received, statuses] = [[], []];
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({ path: request.url, method: request.method, ...JSON.parse(body) });
    response.writeHead(statuses.shift() ?? 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  resticFolder = fakeResticFolder();
  hookFile = join(resticFolder, 'hook');
  const { port } = server.address() as AddressInfo;
  writeFileSync(hookFile, `http://127.0.0.1:${port}/${token}\n`, { mode: 0o600 });
  const plan = { webhookFile: hookFile };
  rig = await openBackupRig({ resticFolder, plan, webhookPauses: [0, 1, 1] });
  rig.driver.add('db');
});
afterEach(async () => {
  await rig.close();
  server.closeAllConnections();
  server.close();
  rmSync(resticFolder, { recursive: true });
});

/** The repository does not exist, so the task fails. */
const fail = () => rig.task({ do: 'run', plan: 'nightly' });
const failures = () => rig.events.filter(([event]) => event === 'webhook-failed');

describe('a webhook', () => {
  test('gets what failed', async () => {
    await rig.task({ do: 'init', repository: 'nas' });
    rig.driver.shows = 'in use';
    await fail();
    await eventually('it is called', async () => received.length > 0);
    expect(received).toEqual([
      {
        ...{ path: `/${token}`, method: 'POST', event: 'backup-failed', backup: 'nightly', host: 'host-a' },
        ...{ driver: 'holdfast', volume: 'db', message: 'Volume db is in use.', at: expect.any(String) },
      },
    ]);
  });
  test('is called again until it has taken the message', async () => {
    statuses = [500, 302, 204];
    await rig.task({ do: 'init', repository: 'nas' });
    rig.driver.shows = 'in use';
    await fail();
    await eventually('it was called three times', async () => received.length === 3);
    await rig.backups.close();
    expect(failures()).toEqual([]);
    expect(received).toHaveLength(3);
  });
  test.each([
    ['that refuses', () => (statuses = [403, 403, 403]), 'it answered 403'],
    ['that is not there', () => server.close(), 'ECONNREFUSED'],
    ['of an empty file', () => writeFileSync(hookFile, ''), 'is empty: write the secret'],
    ['of a file that others can read', () => chmodSync(hookFile, 0o644), 'other users can read'],
    [
      'of a link to a file that others can read',
      () => {
        chmodSync(hookFile, 0o644);
        renameSync(hookFile, `${hookFile}.real`);
        symlinkSync(`${hookFile}.real`, hookFile);
      },
      'other users can read',
    ],
    [
      'of a directory',
      () => {
        rmSync(hookFile);
        mkdirSync(hookFile);
      },
      'is a directory: name a file',
    ],
    ['of a file that is missing', () => rmSync(hookFile), 'does not exist: write it'],
    ['of a file without an address', () => writeFileSync(hookFile, `nonsense ${token}`), 'ERR_INVALID_URL'],
    [
      'of an address without a server',
      () => writeFileSync(hookFile, `data:,${token}`),
      'begin with https://',
    ],
  ])('%s is given up after some attempts, and its address is in no log', async (_, spoil, why) => {
    await rig.task({ do: 'init', repository: 'nas' });
    rig.driver.shows = 'in use';
    spoil();
    await fail();
    await eventually('it is given up', async () => failures().length > 0);
    expect(failures()).toEqual([
      ['webhook-failed', { backup: 'nightly', about: 'backup-failed', why: expect.stringContaining(why) }],
    ]);
    expect(JSON.stringify(rig.events)).not.toContain(token);
  });
  test('gets what is late, and nothing that is good', async () => {
    await rig.task({ do: 'init', repository: 'nas' });
    await fail();
    await rig.task({ do: 'prove', plan: 'nightly' });
    await rig.backups.round();
    expect(received).toEqual([]);
    rig.driver.shows = 'in use';
    rig.clock += 40 * 86_400_000;
    await rig.backups.round();
    const late = { event: 'backup-late', volume: 'db', message: expect.stringContaining('last backup') };
    await eventually('it is called', async () =>
      received.some((one) => JSON.stringify(one).includes('late')),
    );
    expect(received).toContainEqual(expect.objectContaining(late));
  });
});

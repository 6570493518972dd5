import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Backend } from '../../../src/backends/backend.ts';
import { nfsBackend } from '../../../src/backends/nfs/definition.ts';
import { parseSnapshotName, parseVolumeName } from '../../../src/core/names.ts';
import type { Host } from '../../../src/host/host.ts';
import { createLinuxHost } from '../../../src/host/linux-host.ts';
import { openBackend } from '../../fakes/open-backend.ts';
import { unmountBelow } from '../../host/linux-host-under-test.ts';
import { baseMountOf } from '../shared/network-share/under-test.ts';

// Runs in a guest that serves /srv/contract (ext4) and /srv/sharing (xfs) to itself; see contract-guest.test.ts.

const { signal } = new AbortController();
const size = 8 * 2 ** 20;
let host: Host;
let folder: string;
let backend: Backend;

beforeEach(async () => {
  host = await createLinuxHost({ systemCalls: 'auto' });
  folder = mkdtempSync(join(tmpdir(), 'holdfast-server-copy-'));
  mkdirSync(join(folder, 'mnt'));
});
afterEach(async () => {
  await backend.close();
  await host.close();
  unmountBelow(folder);
});

/** What the client sent and received in an operation of the protocol since the mount, in bytes, and how often it asked for it. */
async function sofar(operation: string): Promise<{ readonly calls: number; readonly bytes: number }> {
  const base = await baseMountOf(host, join(folder, 'work'));
  const [, about = ''] = readFileSync('/proc/self/mountstats', 'utf8').split(` mounted on ${base} `);
  const [own = ''] = about.split('\ndevice ');
  const [calls = 0, , , sent = 0, received = 0] =
    new RegExp(`^\\s+${operation}: (.+)$`, 'm').exec(own)?.[1]?.split(' ').map(Number) ?? [];
  return { calls, bytes: sent + received };
}

test.each([
  { version: '4.2', exported: '/srv/contract', by: 'COPY' },
  { version: '4.2', exported: '/srv/sharing', by: 'CLONE' },
  // The protocol has neither.
  { version: '3', exported: '/srv/contract', by: 'READ' },
])('a snapshot over NFS $version on $exported is made by $by', async ({ version, exported, by }) => {
  backend = openBackend(nfsBackend, {
    driver: 'shared',
    workDir: join(folder, 'work'),
    witnesses: new Map(),
    settings: { server: 'localhost', export: exported, version },
    defaults: {},
    profiles: {},
    host,
    log: { enabled: () => true, write: () => undefined },
    audit: () => undefined,
  });
  const volume = await backend.create(backend.plan(parseVolumeName('db'), {}), signal);
  const data = randomBytes(size);
  // On the server, so that the client has nothing of it in its cache.
  writeFileSync(join(exported, 'db/file'), data);
  const { snapshots } = backend;
  if (snapshots.kind === 'none') throw new Error('it has them');
  const plan = {
    name: parseSnapshotName('before'),
    id: '00000000000000aa',
    volume,
    createdAt: new Date(0).toISOString(),
    consistency: 'unmounted',
  } as const;
  const before = { by: await sofar(by), read: await sofar('READ'), write: await sofar('WRITE') };
  await snapshots.take(plan, undefined, signal);
  const copied = readFileSync(join(exported, '.holdfast/snapshots', volume.id, 'before~data/file'));
  expect(copied.equals(data)).toBe(true);
  expect((await sofar(by)).calls).toBeGreaterThan(before.by.calls);
  const moved =
    (await sofar('READ')).bytes + (await sofar('WRITE')).bytes - before.read.bytes - before.write.bytes;
  if (by === 'READ') expect(moved).toBeGreaterThan(2 * size);
  else expect(moved).toBeLessThan(size / 10);
  for (const name of ['db', '.holdfast']) rmSync(join(exported, name), { recursive: true });
});

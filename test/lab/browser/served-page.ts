import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../../src/core/log.ts';
import { noBackups } from '../../../src/core/protect/no-backups.ts';
import type { VolumeDriver } from '../../../src/driver/volume-driver.ts';
import { type AdminParts, createAdminApp } from '../../../src/http/admin/app.ts';
import { createBriefReady } from '../../../src/http/admin/health.ts';
import { serveTcp } from '../../../src/http/admin/tcp.ts';
import { noContainers } from '../../fakes/no-containers.ts';
import { eventually } from '../eventually.ts';
import { freePort } from '../network/free-port.ts';

export interface ServedPage {
  readonly address: string;
  readonly token: string;
  close(): Promise<void>;
}

export interface PageParts extends Partial<AdminParts> {
  /** The folder of the built page; absent: there is no page. */
  readonly folder?: string;
  readonly drivers?: readonly VolumeDriver[];
}

/** Serves the admin API and the page over TCP in this process, for any drivers. */
export async function servePage({ folder: page, drivers = [], ...parts }: PageParts): Promise<ServedPage> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-served-'));
  const token = 'c3'.repeat(32);
  await writeFile(join(folder, 'token'), token, { mode: 0o600 });
  const byName = new Map(drivers.map((driver) => [String(driver.name), driver]));
  const app = createAdminApp({
    driversFor: () => byName,
    containers: async () => ({ containers: [], silent: [] }),
    events: { find: async () => [] },
    metrics: async () => ({ contentType: '', text: '' }),
    history: async () => ({ times: [], latency: [], fullness: [] }),
    version: '0',
    log: silentLog,
    health: () => [],
    backups: noBackups,
    reload: async () => ({ added: [], changed: [], removed: [], refused: [] }),
    progress: () => ({ works: [], unlisted: 0 }),
    preparing: noContainers,
    foreseeReload: async () => ({ added: [], changed: [], removed: [], refused: [] }),
    page,
    ...parts,
  });
  const port = await freePort();
  const place = {
    host: '127.0.0.1',
    port,
    tokenFile: join(folder, 'token'),
    openMetrics: false,
    page: page !== undefined,
  };
  const briefReady = createBriefReady(parts.health ?? (() => []));
  const tcp = serveTcp({ whole: app, briefReady }, place, {
    log: silentLog,
    attach: () => undefined,
    pause: 20,
  });
  const address = `http://127.0.0.1:${port}`;
  await eventually('the address answers', async () => (await fetch(`${address}/health/live`)).status === 200);
  return {
    address,
    token,
    async close() {
      await tcp.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

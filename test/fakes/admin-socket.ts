import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../../src/core/log.ts';
import type { Backups } from '../../src/core/protect/backup.ts';
import { noBackups } from '../../src/core/protect/no-backups.ts';
import type { VolumeDriver } from '../../src/driver/volume-driver.ts';
import type { DriverPlace } from '../../src/http/admin/answers.ts';
import { createAdminApp } from '../../src/http/admin/app.ts';
import type { EventSource } from '../../src/http/admin/events-route.ts';
import type { ReadHealth } from '../../src/http/admin/health.ts';
import type { ReadProgress } from '../../src/http/admin/progress-route.ts';
import type { AskContainers } from '../../src/http/admin/users.ts';
import { noContainers } from './no-containers.ts';

interface LoggedEvent {
  readonly level: string;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface AdminSocket {
  readonly path: string;
  readonly events: readonly LoggedEvent[];
  close(): Promise<void>;
}

/** The admin application for these drivers, on its own Unix socket. */
export async function openAdminSocket(
  drivers: readonly VolumeDriver[],
  place?: DriverPlace,
  happened: EventSource = { find: async () => [] },
  containers: AskContainers = async () => ({ containers: [], silent: [] }),
  health: ReadHealth = () => [],
  backups: Backups = noBackups,
  progress: ReadProgress = () => ({ works: [], unlisted: 0 }),
  preparing = noContainers,
): Promise<AdminSocket> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-admin-'));
  const events: LoggedEvent[] = [];
  const log: Log = {
    enabled: () => true,
    write: (level, event, fields = {}) => {
      events.push({ level, event, fields });
    },
  };
  const metrics = async () => ({ contentType: 'text/plain', text: 'up 1\n' });
  const byName = new Map(drivers.map((driver) => [String(driver.name), driver]));
  const server = createServer(
    createAdminApp({
      driversFor: () => byName,
      containers,
      version: '1.2.3',
      log,
      placeOf: () => place,
      events: happened,
      metrics,
      history: async () => ({ times: [], latency: [], fullness: [] }),
      health,
      backups,
      reload: async () => ({ added: [], changed: [], removed: [], refused: [] }),
      progress,
      preparing,
      foreseeReload: async () => ({ added: [], changed: [], removed: [], refused: [] }),
    }),
  );
  const path = join(folder, 'admin.sock');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    events,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

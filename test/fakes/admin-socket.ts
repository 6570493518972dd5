import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../../src/core/log.ts';
import type { VolumeDriver } from '../../src/driver/volume-driver.ts';
import { createAdminApp } from '../../src/http/admin-app.ts';

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

/** The admin application over these drivers, on a Unix socket of its own. */
export async function openAdminSocket(drivers: readonly VolumeDriver[]): Promise<AdminSocket> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-admin-'));
  const events: LoggedEvent[] = [];
  const log: Log = {
    enabled: () => true,
    write: (level, event, fields = {}) => {
      events.push({ level, event, fields });
    },
  };
  const byName = new Map(drivers.map((driver) => [String(driver.name), driver]));
  const server = createServer(createAdminApp({ drivers: byName, version: '1.2.3', log }));
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

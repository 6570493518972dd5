import type { Express } from 'express';
import type { Configuration } from '../../config/configuration.ts';
import type { Log } from '../../core/log.ts';
import type { DriverName } from '../../core/names.ts';
import type { Containers } from '../../core/protect/containers.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';
import type { VolumeDriver } from '../../driver/volume-driver.ts';
import type { AskEngine } from '../../engines/questions.ts';
import type { Host } from '../../host/host.ts';
import type { DriverPlace } from '../../http/admin/answers.ts';
import type { ReadProgress } from '../../http/admin/progress-route.ts';
import type { Reload } from '../../http/admin/reload-routes.ts';
import { sendError } from '../../http/admin/send-error.ts';
import type { AskContainers } from '../../http/admin/users.ts';
import { type Listening, listenOnPath } from '../../http/sockets.ts';
import { createLateServer } from '../../http/wired-server.ts';
import type { BackupRoom } from '../backup-room.ts';
import type { DriverSet } from '../drivers/set.ts';
import { type Doors, socketOf } from './plugin.ts';

interface AdminDoorParts {
  readonly host: Host;
  readonly ask: AskEngine;
  readonly reload: Reload;
  readonly progress: ReadProgress;
  /** What it would answer. */
  readonly foreseeReload: Reload;
  readonly room: BackupRoom;
  readonly preparing: Containers;
  /** The built page in the browser. */
  readonly pageFolder: string;
  configuration(): Configuration;
}

export async function listenAdmin(
  set: DriverSet,
  { host, ask, reload, foreseeReload, progress, room, preparing, pageFolder, configuration }: AdminDoorParts,
  { version, log }: { readonly version: string; readonly log: Log },
  doors: Doors,
): Promise<Listening> {
  const { adminDrivers, events, scrape, openHistory } = doors.observatory;
  const placeOf = (driver: VolumeDriver) => placeIn(configuration(), driver.name);
  const driversFor = adminDrivers(set.drivers);
  const metrics = () => scrape(set.drivers(), host, room);
  const containers: AskContainers = async (name, names) => {
    const { containerUsers } = await import('../../engines/container-users.ts');
    const { runningEngines } = await import('../../engines/life.ts');
    return containerUsers(ask, name, names, await runningEngines());
  };
  const { health } = set;
  const { adminTcp } = configuration();
  const history = openHistory(set.drivers);
  const load = async () => {
    const { createAdminApp } = await import('../../http/admin/app.ts');
    return createAdminApp({
      driversFor,
      containers,
      version,
      log,
      placeOf,
      events,
      metrics,
      history: history.read,
      health,
      reload,
      foreseeReload,
      backups: room.backups,
      progress,
      preparing,
      page: adminTcp?.page ? pageFolder : undefined,
    });
  };
  let loading: Promise<Express> | undefined;
  const whole = () => {
    loading ??= load().catch((error) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
  const server = createLateServer(whole, (response, thrown) => {
    const { message } = asVolumeError(thrown, 'The admin API could not be loaded');
    const error = new VolumeError('failed', `${message}. Restart the daemon. It still serves volumes.`, {
      cause: thrown,
    });
    log.write('error', 'admin-not-loaded', { error });
    sendError(response, 500, error);
  });
  doors.attach(server);
  const listening = await listenOnPath(server, configuration().adminSocket, doors);
  const tcp = adminTcp && (await serveTcp(adminTcp));
  async function serveTcp(admin: NonNullable<typeof adminTcp>) {
    const [tcp, { createBriefReady }] = await Promise.all([
      import('../../http/admin/tcp.ts'),
      import('../../http/admin/health.ts'),
    ]);
    return tcp.serveTcp({ whole: await whole(), briefReady: createBriefReady(health) }, admin, doors);
  }

  return {
    path: listening.path,
    async close() {
      history.stop();
      await Promise.all([listening.close(), tcp?.close()]);
    },
  };
}

/** A joint driver has no settings of its own. */
function placeIn(configuration: Configuration, name: DriverName): DriverPlace {
  const { settings, defaults = {}, profiles = {} } = configuration.drivers.get(name) ?? {};
  return { socket: socketOf(configuration, name), settings: settings?.shown() ?? {}, defaults, profiles };
}

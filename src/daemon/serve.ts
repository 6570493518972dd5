import { setImmediate } from 'node:timers/promises';
import { createRestores } from '../backup/restoring.ts';
import type { Environment } from '../config/environment.ts';
import type { LoadedConfiguration } from '../config/load-configuration.ts';
import type { DriverName } from '../core/names.ts';
import { VolumeError } from '../core/volume-error.ts';
import { createStagedPlaces } from '../driver/places/staged.ts';
import { createAsking } from '../engines/aside.ts';
import { introduceDrivers } from '../engines/introduction.ts';
import { activatedSockets } from '../http/activation.ts';
import type { Reload } from '../http/admin/reload-routes.ts';
import { createDescriptorWatch } from '../http/descriptor-watch.ts';
import { createProgressList } from '../telemetry/progress.ts';
import { type BackupRoom, openBackupRoom } from './backup-room.ts';
import { listenAdmin } from './doors/admin.ts';
import { createDriverDoors, type DriverDoors, removeFormerSockets } from './doors/drivers.ts';
import { type Doors, socketOf } from './doors/plugin.ts';
import type { OpeningParts } from './drivers/open.ts';
import { openDriverSet } from './drivers/set.ts';
import { openHostContainers } from './open-containers.ts';
import { openObservatory } from './open-observation.ts';
import { makeMountRoot, openStation } from './open-station.ts';
import { openWitnesses } from './open-witnesses.ts';
import { createReload } from './reload.ts';
import { openServiceLife } from './service-life.ts';
import { watchContainers } from './watch-containers.ts';

export interface DaemonParts extends OpeningParts {
  readonly environment: Environment;
  readonly version: string;
  /** Where the build put the page in the browser. */
  readonly pageFolder: string;
  /** Reads the configuration again. */
  load(): Promise<LoadedConfiguration>;
}

export interface RunningDaemon {
  /** The plugin sockets' paths, by driver. */
  readonly sockets: ReadonlyMap<DriverName, string>;
  /** Applies changes to drivers in the configuration. Rejects if it is unusable, or if anything else has changed. */
  readonly reload: Reload;
  /** Lets running calls finish, closes the sockets and unmounts volumes that no container holds. The others stay mounted. */
  close(): Promise<void>;
}

/** The composition root: configuration, host, backends, drivers, recovery, sockets. */
export async function serve(given: DaemonParts): Promise<RunningDaemon> {
  const { configuration, environment } = given;
  const names = [...configuration.drivers.keys(), ...configuration.joints.keys()];
  const activated = activatedSockets(environment, names);
  const station = await openStation(given, environment.mode);
  let room: BackupRoom | undefined;
  const restores = createRestores(() => {
    if (room !== undefined) return room.backups;
    throw new VolumeError('unavailable', 'Holdfast is starting, and cannot restore backups yet: try again.');
  });
  const observatory = await openObservatory({ ...given, restores });
  const progress = createProgressList(Date.now);
  const { log, audit } = observatory;
  const parts = { ...given, log, audit, report: progress.report };
  const { host, takeLock } = station;
  await makeMountRoot(host, parts);
  const witnesses = await openWitnesses(parts, host);
  const set = await openDriverSet(parts, { host, witnesses, places: createStagedPlaces() });
  for (const witness of witnesses.values()) witness.watch();
  const descriptors = createDescriptorWatch(log);
  const doors: Doors = { takeLock, log, attach: descriptors.attach, observatory };
  const driverDoors = createDriverDoors(set, parts, doors);
  await removeFormerSockets(configuration, names, doors);
  await openAll(driverDoors, names, activated);
  const ask = createAsking();
  const reloading = createReload({
    load: given.load,
    current: set.configuration,
    set,
    doors: driverDoors,
    log,
  });
  const life = await openServiceLife(environment, set, log);
  const reload: Reload = async () => {
    life.reloading();
    return reloading.reload().finally(() => life.ready());
  };
  const preparing = openHostContainers(host, ask, configuration.stateDir, log);
  const opened = await openBackupRoom(configuration, { set, host, containers: preparing, log });
  room = opened;
  const adminParts = {
    host,
    ask,
    reload,
    foreseeReload: reloading.foresee,
    progress: progress.list,
    room: opened,
    preparing,
    pageFolder: given.pageFolder,
    configuration: set.configuration,
  };
  // An engine that waits for its driver is answered before the rest is loaded.
  await setImmediate();
  const admin = await listenAdmin(set, adminParts, parts, doors).catch(async (error) => {
    await driverDoors.close();
    throw error;
  });
  const looking = watchContainers(ask, names, log);
  const introduction = introduceDrivers(ask);
  life.ready();
  log.write('info', 'listening', {
    sockets: driverDoors.sockets(),
    ...(driverDoors.endpoints().length === 0 ? {} : { csi: driverDoors.endpoints() }),
    admin: admin.path,
  });
  return {
    sockets: new Map([...set.drivers().keys()].map((name) => [name, socketOf(configuration, name)])),
    reload,
    async close() {
      life.stopping();
      descriptors.stop();
      clearTimeout(looking);
      introduction.end();
      await opened.close();
      await preparing.close();
      await Promise.all([driverDoors.close(), admin.close()]);
      await set.close();
      for (const witness of witnesses.values()) witness.close();
      await host.mounts.releaseMountRoot(configuration.mountRoot);
      await observatory.events.close();
      await station.close();
      life.end();
      log.write('info', 'stopped');
    },
  };
}

/** If one cannot be opened, none stays: an engine that finds a dead socket waits for it. */
async function openAll(
  doors: DriverDoors,
  names: readonly DriverName[],
  activated: ReadonlyMap<string, number>,
): Promise<void> {
  const opened = await Promise.allSettled(names.map((name) => doors.open(name, activated.get(name))));
  const failed = opened.find(({ status }) => status === 'rejected');
  if (failed?.status !== 'rejected') return;
  await doors.close();
  throw failed.reason;
}

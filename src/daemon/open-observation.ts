import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Audit } from '../core/audit.ts';
import type { Log } from '../core/log.ts';
import type { DriverName } from '../core/names.ts';
import type { Asker, ObservedCall, Verb } from '../core/volume-event.ts';
import { within } from '../driver/deadline.ts';
import { type Observation, observeDriver } from '../driver/observed-driver.ts';
import type { Restores, VolumeDriver } from '../driver/volume-driver.ts';
import type { Host } from '../host/host.ts';
import { createPeerLook, type PeerOf } from '../host/peer.ts';
import { perConnection } from '../http/per-connection.ts';
import type { PluginDoor } from '../http/plugin/app.ts';
import { actEvent, callEvent } from '../telemetry/events/call-events.ts';
import { createEventLog, type EventLog } from '../telemetry/events/create-event-log.ts';
import { logEvents, watchedLog } from '../telemetry/events/log-events.ts';
import { createHistory, type History } from '../telemetry/history/create-history.ts';
import { backupReadings } from '../telemetry/metrics/backup-readings.ts';
import { createCounts } from '../telemetry/metrics/counts.ts';
import { driverReadings } from '../telemetry/metrics/driver-readings.ts';
import type { Exposition } from '../telemetry/metrics/expose.ts';
import { createProcessReadings } from '../telemetry/metrics/process-readings.ts';
import type { BackupRoom } from './backup-room.ts';
import type { OpeningParts } from './drivers/open.ts';

/** Observes everything: calls at their doors, and what the daemon does by itself through log and audit. */
export interface Observatory {
  /** To be used in place of the log and audit that it was made with. */
  readonly log: Log;
  readonly audit: Audit;
  readonly events: EventLog;
  /** The metrics of these drivers, in Prometheus' format. */
  scrape(
    drivers: ReadonlyMap<DriverName, VolumeDriver>,
    host: Pick<Host, 'mounts'>,
    room: Pick<BackupRoom, 'standings'>,
  ): Promise<Exposition>;
  /** Begins to keep how fast calls are and how full the volumes of these drivers. */
  openHistory(drivers: () => ReadonlyMap<DriverName, VolumeDriver>): History;
  pluginDoor(driver: VolumeDriver): PluginDoor;
  /** The driver as orchestrators see it. */
  csiDriver(driver: VolumeDriver): VolumeDriver;
  /** The drivers as the one at the other end of a connection to the admin socket sees them. */
  adminDrivers(
    drivers: () => ReadonlyMap<DriverName, VolumeDriver>,
  ): (socket: Socket) => ReadonlyMap<string, VolumeDriver>;
}

/** Its file is in the state directory, which is there and nobody else's by now. */
export async function openObservatory(
  parts: OpeningParts & { readonly version: string; readonly restores: Restores },
): Promise<Observatory> {
  const { configuration, log: inner, audit, restores } = parts;
  const path = join(configuration.stateDir, 'events.jsonl');
  const events = createEventLog({ log: inner, path, now: Date.now });
  const peerOf = await createPeerLook('auto');
  const counts = createCounts(() => performance.now());
  const processReadings = createProcessReadings();
  const observe = (call: ObservedCall): void => {
    counts.call(call);
    const event = callEvent(call);
    if (event !== undefined) events.record(event);
  };
  return {
    log: watchedLog(inner, (event, fields) => {
      counts.log(event, fields);
      for (const told of logEvents(event, fields)) events.record(told);
    }),
    audit(act) {
      events.record(actEvent(act));
      audit(act);
    },
    events,
    async scrape(drivers, { mounts }, room) {
      const own = withStorage(drivers);
      const [inUse, ofProcess, standings] = await Promise.all([
        mountpointsInUse(mounts, configuration.mountRoot),
        processReadings(),
        room.standings().catch(() => []),
      ]);
      const build = { labels: { version: parts.version, node: process.versions.node }, value: 1 };
      // prom-client is loaded by the first scrape.
      const { expose } = await import('../telemetry/metrics/expose.ts');
      return expose(
        new Map([
          ...counts.readings(),
          ...driverReadings(own, inUse),
          ...backupReadings(standings),
          ...ofProcess,
          ['holdfast_build_info', [build]],
        ]),
      );
    },
    openHistory: (drivers) =>
      createHistory({
        calls: () => counts.readings().get('holdfast_call_duration_seconds') ?? [],
        drivers: () => withStorage(drivers()),
        now: Date.now,
      }),
    pluginDoor: (driver) => pluginDoor(driver, peerOf, { observe, restores }),
    csiDriver: (driver) => observeDriver(driver, { asker: { door: 'csi' }, observe, restores }),
    adminDrivers(drivers) {
      const askerOf = perConnection((socket) => askerAt('admin', socket, peerOf));
      return (socket) => {
        const asker = askerOf(socket);
        return new Map(
          [...drivers()].map(([name, driver]) => [name, observeDriver(driver, { asker, observe, restores })]),
        );
      };
    },
  };
}

/** The volumes of joint drivers are their members'. */
function withStorage(drivers: ReadonlyMap<DriverName, VolumeDriver>): readonly VolumeDriver[] {
  return [...drivers.values()].filter(({ members }) => members.length === 0);
}

/** Milliseconds: how old a look at the other mount namespaces may be, and how long one is waited for. */
const useAge = 1_000;
const usePatience = 2_000;

/** Undefined where it is not known. */
async function mountpointsInUse(
  mounts: Host['mounts'],
  mountRoot: string,
): Promise<ReadonlySet<string> | undefined> {
  try {
    const looking = mounts.uses(mountRoot, useAge);
    const { complete, users, ownMounts } = await within(
      looking,
      usePatience,
      'The kernel did not answer in time.',
    );
    return complete ? new Set([...users.keys(), ...ownMounts.keys()]) : undefined;
  } catch {
    return undefined;
  }
}

function pluginDoor(
  driver: VolumeDriver,
  peerOf: PeerOf,
  { observe, restores }: Omit<Observation, 'asker'>,
): PluginDoor {
  const askerOf = perConnection((socket) => askerAt('plugin', socket, peerOf));
  return {
    driverFor: perConnection((socket) =>
      observeDriver(driver, { asker: askerOf(socket), observe, restores }),
    ),
    refused(socket, method, error) {
      const verb = verbOf(method);
      observe({ verb, driver: driver.name, asker: askerOf(socket), outcome: error.code, error, ms: 0 });
    },
  };
}

function askerAt(door: Asker['door'], socket: Socket, peerOf: PeerOf): Asker {
  const process = peerOf(socket);
  return { door, ...(process === undefined ? {} : { process }) };
}

/** The driver's word for a call of the plugin protocol: a Path is a Get that answers less. */
function verbOf(method: string): Verb {
  const verbs: Readonly<Record<string, Verb>> = {
    Create: 'create',
    Remove: 'remove',
    Mount: 'mount',
    Unmount: 'unmount',
  };
  return verbs[method] ?? 'get';
}

import type { Configuration } from '../../config/configuration.ts';
import type { Log } from '../../core/log.ts';
import type { DriverName } from '../../core/names.ts';
import { removeAbandonedSockets } from '../../http/abandoned-sockets.ts';
import type { Listening } from '../../http/sockets.ts';
import type { DriverSet } from '../drivers/set.ts';
import { listenCsi } from './csi.ts';
import { type Doors, listenFor, socketOf } from './plugin.ts';

/** The sockets of all drivers. */
export interface DriverDoors {
  /** Opens those of the driver that are not open. `descriptor`: of the service manager's socket. */
  open(name: DriverName, descriptor?: number): Promise<void>;
  /**
   * For a driver that was removed from the configuration. Its CSI endpoint is closed. Its socket stays open as long as the daemon runs,
   * and answers for it: an engine that has used the driver asks for it until the engine restarts, and waits 15 s for an absent socket.
   */
  remove(name: DriverName): Promise<void>;
  /** Their paths. */
  sockets(): readonly string[];
  endpoints(): readonly string[];
  close(): Promise<void>;
}

interface DoorParts {
  readonly configuration: Configuration;
  readonly version: string;
  readonly log: Log;
}

export function createDriverDoors(set: DriverSet, parts: DoorParts, doors: Doors): DriverDoors {
  const listening = new Map<DriverName, Listening>();
  const endpoints = new Map<DriverName, Listening>();
  const pathsOf = (open: ReadonlyMap<DriverName, Listening>) => [...open.values()].map(({ path }) => path);
  const shut = async (open: Map<DriverName, Listening>, name: DriverName): Promise<void> => {
    await open.get(name)?.close();
    open.delete(name);
  };
  return {
    async open(name, descriptor) {
      if (!listening.has(name)) listening.set(name, await listenFor(name, set, parts, descriptor, doors));
      const endpoint = await listenCsi(name, set, parts, doors);
      if (endpoint !== undefined) endpoints.set(name, endpoint);
    },
    async remove(name) {
      // The only socket of a managed plugin is that of its next driver.
      if (parts.configuration.pluginSocket !== undefined) await shut(listening, name);
      await shut(endpoints, name);
    },
    sockets: () => pathsOf(listening),
    endpoints: () => pathsOf(endpoints),
    async close() {
      await Promise.all([...listening.values(), ...endpoints.values()].map((socket) => socket.close()));
    },
  };
}

/** Removes sockets of drivers that a killed daemon had and this one has not. */
export function removeFormerSockets(
  configuration: Configuration,
  drivers: readonly DriverName[],
  { takeLock, log }: Pick<Doors, 'takeLock' | 'log'>,
): Promise<void> {
  const { pluginSocket, socketDir, adminSocket } = configuration;
  if (pluginSocket !== undefined) return Promise.resolve();
  const own = [adminSocket, ...drivers.map((name) => socketOf(configuration, name))];
  return removeAbandonedSockets(socketDir, own, { takeLock, log });
}

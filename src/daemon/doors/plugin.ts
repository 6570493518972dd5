import type { Express } from 'express';
import type { Configuration } from '../../config/configuration.ts';
import type { Log } from '../../core/log.ts';
import type { DriverName } from '../../core/names.ts';
import type { VolumeDriver } from '../../driver/volume-driver.ts';
import { createPluginApp } from '../../http/plugin/app.ts';
import { createRefusal } from '../../http/refusal.ts';
import {
  type Listening,
  type ListenParts,
  listenOnDescriptor,
  listenOnPath,
  type Server,
} from '../../http/sockets.ts';
import { createSwitchedServer } from '../../http/wired-server.ts';
import type { DriverSet } from '../drivers/set.ts';
import type { Observatory } from '../open-observation.ts';

/** What is needed to open any socket of the daemon. */
export interface Doors extends ListenParts {
  attach(server: Server): void;
  readonly observatory: Observatory;
}

/** A driver that is not open, or was removed, has its socket too, which answers with the reason. */
export async function listenFor(
  name: DriverName,
  set: DriverSet,
  { configuration, log }: { readonly configuration: Configuration; readonly log: Log },
  descriptor: number | undefined,
  doors: Doors,
): Promise<Listening> {
  const { server, show, refuse } = createSwitchedServer();
  const refusal = createRefusal({ reason: () => set.refusal(name), isRemoved: () => set.isRemoved(name) });
  // One application for each driver, also when it opens again: it knows which answers were delivered.
  const apps = new WeakMap<VolumeDriver, Express>();
  set.watch(name, (driver) => {
    if (driver === undefined) return refuse(refusal);
    const app = apps.get(driver) ?? createPluginApp(driver, log, doors.observatory.pluginDoor(driver));
    apps.set(driver, app);
    show(app);
  });
  doors.attach(server);
  const path = socketOf(configuration, name);
  if (descriptor === undefined) return listenOnPath(server, path, doors);
  return listenOnDescriptor(server, descriptor, path, doors);
}

export function socketOf({ pluginSocket, socketDir }: Configuration, driver: string): string {
  return pluginSocket ?? `${socketDir}/${driver}.sock`;
}

import { createServer } from 'node:net';
import { hostname } from 'node:os';
import type { Log } from '../../core/log.ts';
import type { DriverName } from '../../core/names.ts';
import type { VolumeDriver } from '../../driver/volume-driver.ts';
import { type Listening, listenOnPath } from '../../http/sockets.ts';
import type { DriverSet } from '../drivers/set.ts';
import type { Doors } from './plugin.ts';

interface CsiDoorParts {
  readonly version: string;
  readonly log: Log;
}

/** Serves the driver by the Container Storage Interface, if that is configured. The library for it is not loaded otherwise. */
export async function listenCsi(
  name: DriverName,
  set: DriverSet,
  { version, log }: CsiDoorParts,
  doors: Doors,
): Promise<Listening | undefined> {
  const csi = set.configuration().drivers.get(name)?.csi;
  if (csi === undefined) return undefined;
  const { createCsiServer } = await import('../../csi/server.ts');
  // A reload may exchange the driver.
  const observed = latest((driver: VolumeDriver) => doors.observatory.csiDriver(driver));
  const served = createCsiServer({
    driverName: name,
    driver() {
      const driver = set.drivers().get(name);
      if (driver === undefined) throw set.refusal(name);
      return observed(driver);
    },
    pluginName: csi.name,
    mode: csi.mode,
    nodeId: csi.nodeId ?? hostname(),
    staging: csi.staging,
    version,
    log,
  });
  const server = Object.assign(
    createServer((connection) => served.take(connection)),
    { closeIdleConnections: served.close, closeAllConnections: served.end },
  );
  return listenOnPath(server, csi.endpoint, doors);
}

/** Makes a thing once for the same source. */
function latest<Source, Made>(make: (source: Source) => Made): (source: Source) => Made {
  let last: { readonly source: Source; readonly made: Made } | undefined;
  return (source) => {
    if (last?.source !== source) last = { source, made: make(source) };
    return last.made;
  };
}

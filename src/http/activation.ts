import { VolumeError } from '../core/volume-error.ts';

/** What systemd says about the sockets that it hands over: see sd_listen_fds(3). */
export interface Activation {
  readonly listenPid?: number;
  readonly listenFds: number;
  readonly listenFdNames: readonly string[];
}

/** The first file descriptor that systemd hands over. */
const firstDescriptor = 3;

/**
 * The descriptors of the sockets that the service manager opened, by driver. A socket belongs to the driver it is named after
 * (`FileDescriptorName=`, or the socket unit's own name). A single socket belongs to a single driver with any name.
 * Drivers without one open their own. Throws `invalid` for a socket without a driver: its callers would wait forever.
 */
export function activatedSockets(
  activation: Activation,
  drivers: readonly string[],
): ReadonlyMap<string, number> {
  const { listenPid, listenFds, listenFdNames } = activation;
  const found = new Map<string, number>();
  if (listenPid !== process.pid) return found;
  for (let index = 0; index < listenFds; index += 1) {
    const name = listenFdNames[index] ?? '';
    const driver = listenFds === 1 && drivers.length === 1 ? drivers[0] : driverNamed(name, drivers);
    if (driver === undefined) throw nobodys(name, drivers);
    found.set(driver, firstDescriptor + index);
  }
  return found;
}

function driverNamed(name: string, drivers: readonly string[]): string | undefined {
  return drivers.find((driver) => name === driver || name === `${driver}.socket`);
}

function nobodys(name: string, drivers: readonly string[]): VolumeError {
  const names = drivers.map((driver) => `FileDescriptorName=${driver}`).join(' or ');
  return new VolumeError(
    'invalid',
    `systemd handed over a socket named ${JSON.stringify(name)}, which belongs to no driver: set ${names} in the socket unit.`,
  );
}

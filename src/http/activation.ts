import { VolumeError } from '../core/volume-error.ts';

/** What systemd says of the sockets it hands over: see sd_listen_fds(3). */
export interface Activation {
  readonly listenPid?: number;
  readonly listenFds: number;
  readonly listenFdNames: readonly string[];
}

/** The first file descriptor that systemd hands over. */
const firstDescriptor = 3;

/**
 * The descriptors of the sockets that the service manager opened, by driver: a socket is the driver's that it is named like
 * (`FileDescriptorName=`, or the socket unit's own name); the only socket is the only driver's whatever its name. Drivers
 * without one listen for themselves. Throws `invalid` for a socket that is no driver's: whoever calls it would wait for ever.
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
    `systemd handed over a socket named ${JSON.stringify(name)}, which is no driver's: set ${names} in the socket unit.`,
  );
}

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
 * The descriptor of the socket that the service manager opened for a driver: the one named like the driver
 * (`FileDescriptorName=`, or the socket unit's own name), or the only one when there is only one driver.
 * Undefined without socket activation. Throws `invalid` when sockets were handed over, and none is this driver's.
 */
export function activatedSocket(activation: Activation, driver: string, drivers: number): number | undefined {
  const { listenPid, listenFds, listenFdNames } = activation;
  if (listenPid !== process.pid || listenFds === 0) return undefined;
  const index = listenFdNames.findIndex((name) => name === driver || name === `${driver}.socket`);
  if (index >= 0 && index < listenFds) return firstDescriptor + index;
  if (listenFds === 1 && drivers === 1) return firstDescriptor;
  throw new VolumeError(
    'invalid',
    `systemd handed over ${listenFds} socket(s), none of them named ${driver}: set FileDescriptorName=${driver} in the socket unit.`,
  );
}

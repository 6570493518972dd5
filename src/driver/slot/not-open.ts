import type { DriverName } from '../../core/names.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';

/** The answers of a driver that could not be opened, until it is open. */
export function notOpen(name: DriverName, cause: unknown): VolumeError {
  const { message } = asVolumeError(cause, 'The start failed');
  return new VolumeError(
    'unavailable',
    `Driver ${name} could not be started (${message}): fix that. Holdfast tries again by itself, at least once a minute.`,
    { cause },
  );
}

/** The answers of a driver that was removed from the configuration while the daemon runs. */
export function removed(name: DriverName): VolumeError {
  return new VolumeError(
    'unavailable',
    `Driver ${name} was removed from the configuration of this daemon. Its volumes still exist: add it to the configuration again and reload that, or use another driver.`,
  );
}

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

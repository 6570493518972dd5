import type { BackupConfiguration } from '../../config/configuration.ts';
import { matchesPattern } from '../../core/name-rule.ts';
import { isUnreadable, type KnownVolume } from '../../core/volume.ts';

type Selection = Pick<BackupConfiguration, 'drivers' | 'volumes' | 'options'>;

/** Whether a backup is of this volume. One that cannot be read has no options that are known. */
export function isSelected(
  { drivers, volumes, options }: Selection,
  driver: string,
  volume: KnownVolume,
): boolean {
  if (drivers !== undefined && !drivers.includes(driver)) return false;
  if (!volumes.some((pattern) => matchesPattern(volume.name, pattern))) return false;
  const has = isUnreadable(volume) ? {} : volume.options;
  return Object.entries(options).every(([key, value]) => has[key] === value);
}

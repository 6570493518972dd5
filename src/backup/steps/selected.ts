import type { BackupConfiguration } from '../../config/configuration.ts';
import { quote, type VolumeName } from '../../core/names.ts';
import { suggestion } from '../../core/nearest.ts';
import { isUnreadable, type KnownVolume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { VolumeDriver } from '../../driver/volume-driver.ts';
import { isSelected } from '../decisions/selection.ts';
import type { BackupParts } from '../parts.ts';

export interface SelectedVolume {
  readonly driver: VolumeDriver;
  readonly volume: VolumeName;
  /** Milliseconds since the epoch; NaN: unknown. */
  readonly createdAt: number;
}

function timeOf(volume: KnownVolume): number {
  return isUnreadable(volume) ? Number.NaN : Date.parse(volume.createdAt);
}

/** The volumes that a plan selects now; `only`: those of them. Throws `not-found` for one that it does not select. */
export function selectedVolumes(
  { drivers }: Pick<BackupParts, 'drivers'>,
  name: string,
  plan: BackupConfiguration,
  only: readonly string[] | undefined,
): readonly SelectedVolume[] {
  // The volumes of a joint driver are its members'.
  const own = [...drivers().values()].filter(({ members }) => members.length === 0);
  const all = own.flatMap((driver) =>
    Array.from(driver.list())
      .filter(({ volume }) => isSelected(plan, driver.name, volume))
      .map(({ volume }) => ({ driver, volume: volume.name, createdAt: timeOf(volume) })),
  );
  for (const asked of only ?? []) {
    const names: readonly string[] = all.map(({ volume }) => volume);
    if (names.includes(asked)) continue;
    const hint = suggestion(asked, names, `It selects ${names.length === 0 ? 'none' : names.join(', ')}.`);
    throw new VolumeError('not-found', `Backup ${name} selects no volume ${quote(asked)}. ${hint}`);
  }
  return all.filter(({ volume }) => only === undefined || only.includes(volume));
}

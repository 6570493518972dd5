import type { DriverName, VolumeName } from '../core/names.ts';
import type { RemovedVolume } from '../core/volume.ts';
import { VolumeError } from '../core/volume-error.ts';

/** Whether an undelete of this name, or of this ID too, may mean it. */
export function isMeant({ volume }: RemovedVolume, name: VolumeName, id: string | undefined): boolean {
  return volume.name === name && (id === undefined || volume.id === id);
}

/** The `not-found` of an undelete that finds no removed volume. */
export function notRemoved(driver: DriverName, name: VolumeName, id: string | undefined): VolumeError {
  const which = id === undefined ? name : `${name} with the ID ${id}`;
  return new VolumeError('not-found', `No removed volume ${which} is left in driver ${driver}.`, {
    waysOut: [{ act: 'list-removed', volume: name, driver }],
  });
}

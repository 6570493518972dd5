import { type ContainerUsers, usedBy } from '../../core/engine/used-by.ts';
import type { VolumeName } from '../../core/names.ts';
import { driverNames, type UsedVolume } from '../../core/protect/containers.ts';
import type { VolumeDriver } from '../../driver/volume-driver.ts';
import type { UsersAnswer } from './shapes/volumes.ts';

/** The containers, running or not, that refer to a volume by one of these driver names, according to the engines of this host. */
export type AskContainers = (name: VolumeName, drivers: readonly string[]) => Promise<ContainerUsers>;

/** The kernel knows who uses the volume, and the engines know the names. Neither question waits in the volume's queue. */
export async function usersOf(
  driver: VolumeDriver,
  name: VolumeName,
  drivers: ReadonlyMap<string, VolumeDriver>,
  containers: AskContainers,
): Promise<Pick<UsersAnswer, 'usedBy' | 'notes'>> {
  const asked = containers(name, (await usedVolume(driver, name, drivers)).drivers);
  const [uses, told] = await Promise.all([driver.usesOf(name), asked]);
  return {
    usedBy: usedBy(uses, told.containers),
    notes: told.silent.map(
      ({ engine, reason }) => `It is unknown which containers of ${engine} refer to it: ${reason}.`,
    ),
  };
}

/** The volume as engines know it. */
export async function usedVolume(
  driver: VolumeDriver,
  volume: VolumeName,
  drivers: ReadonlyMap<string, VolumeDriver>,
): Promise<UsedVolume> {
  const owner = driver.members.length === 0 ? driver.name : (await driver.get(volume))?.member;
  return { volume, drivers: driverNames(owner ?? driver.name, drivers.values()) };
}

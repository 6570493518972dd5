import type { DriverName, VolumeName } from '../../core/names.ts';
import { type ContainerUsers, usedBy } from '../../core/used-by.ts';
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
  const owner = driver.members.length === 0 ? driver.name : (await driver.get(name))?.member;
  const asked = containers(name, namesFor(owner ?? driver.name, drivers));
  const [uses, told] = await Promise.all([driver.usesOf(name), asked]);
  return {
    usedBy: usedBy(uses, told.containers),
    notes: told.silent.map(
      ({ engine, reason }) => `It is unknown which containers of ${engine} refer to it: ${reason}.`,
    ),
  };
}

/** The driver names by which an engine may know a volume: the driver's own, and those of its joint drivers. */
function namesFor(owner: DriverName, drivers: ReadonlyMap<string, VolumeDriver>): readonly string[] {
  const joints = [...drivers.values()].filter(({ members }) => members.includes(owner));
  return [owner, ...joints.map(({ name }) => name)];
}

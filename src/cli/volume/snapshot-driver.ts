import { listField, textField } from '../../core/json.ts';
import { parseDriverName } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { AdminClient } from '../admin-client.ts';
import { driverOfVolume, storageDrivers } from './choose-driver.ts';

/** The driver of the volume; where there is no such volume, the only one that has copies of its snapshots, made elsewhere. */
export async function driverOfSnapshots(
  client: AdminClient,
  volume: string,
  asked: string | undefined,
): Promise<string> {
  try {
    return await driverOfVolume(client, volume, asked);
  } catch (error) {
    if (!(error instanceof VolumeError) || error.code !== 'not-found') throw error;
    const names = asked === undefined ? await storageDrivers(client) : [parseDriverName(asked)];
    const has = await Promise.all(names.map((driver) => hasCopies(client, driver, volume)));
    const [owner, other] = names.filter((_, index) => has[index]);
    if (owner === undefined) throw error;
    if (other === undefined) return owner;
    const message = `Snapshots of volume ${volume} are in drivers ${owner} and ${other}: choose one with --driver.`;
    throw new VolumeError('conflict', message);
  }
}

async function hasCopies(client: AdminClient, driver: string, volume: string): Promise<boolean> {
  const answer = await client.ask('GET', `/v1/snapshots/${encodeURIComponent(driver)}`);
  return listField(answer, 'snapshots').some((one) => textField(one, 'volume') === volume);
}

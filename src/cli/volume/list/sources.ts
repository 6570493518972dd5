import { type Json, listField } from '../../../core/json.ts';
import { parseDriverName } from '../../../core/names.ts';
import { asVolumeError, type VolumeError } from '../../../core/volume-error.ts';
import type { AdminClient } from '../../admin-client.ts';
import { storageDrivers } from '../choose-driver.ts';

export interface Found {
  readonly volumes: readonly Json[];
  readonly failures: readonly VolumeError[];
}

/** From memory, all drivers at once. */
export async function presentVolumes(client: AdminClient, driver: string | undefined): Promise<Found> {
  const query = driver === undefined ? '' : `?driver=${encodeURIComponent(driver)}`;
  return { volumes: listField(await client.ask('GET', `/v1/volumes${query}`), 'volumes'), failures: [] };
}

/** From the storages. A driver whose storage does not answer does not hide the others. */
export async function storedVolumes(
  client: AdminClient,
  driver: string | undefined,
  { pathOf, key }: { pathOf(driver: string): string; readonly key: string },
): Promise<Found> {
  const drivers = driver === undefined ? await storageDrivers(client) : [parseDriverName(driver)];
  const failures: VolumeError[] = [];
  const answers = await Promise.all(
    drivers.map((name) =>
      client.ask('GET', pathOf(name)).catch((error: unknown) => {
        failures.push(asVolumeError(error, `Driver ${name} could not be asked`));
        return undefined;
      }),
    ),
  );
  return { volumes: answers.flatMap((answer) => listField(answer, key)), failures };
}

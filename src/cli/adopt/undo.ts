import { field, listField } from '../../core/json.ts';
import { asVolumeError } from '../../core/volume-error.ts';
import type { AdminClient } from '../admin-client.ts';
import { dryRunPath, volumePath } from '../volume/paths.ts';
import type { Found } from './found.ts';

type Undone = 'forgotten' | 'would be forgotten' | 'not adopted';

/** Removing an adopted volume forgets its name. One that was not adopted from there stays. */
export async function undo(
  client: AdminClient,
  driver: string,
  { name, options }: Pick<Found, 'name' | 'options'>,
  dryRun: boolean,
): Promise<Undone> {
  const exists = await client.ask('GET', volumePath(driver, name)).then(
    () => true,
    (error) => {
      if (asVolumeError(error, '').code === 'not-found') return false;
      throw error;
    },
  );
  if (!exists) return 'not adopted';
  // Refused if the volume of that name is another one.
  const plan = await client.ask('POST', dryRunPath(driver), { verb: 'create', name, options });
  if (field(plan, 'volume') === undefined || listField(plan, 'steps').length > 0) return 'not adopted';
  if (dryRun) {
    await client.ask('POST', dryRunPath(driver), { verb: 'remove', name });
    return 'would be forgotten';
  }
  await client.ask('DELETE', volumePath(driver, name));
  return 'forgotten';
}

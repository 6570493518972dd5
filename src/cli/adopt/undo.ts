import { field, listField } from '../../core/json.ts';
import { quote } from '../../core/names.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';
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
  if (!(await exists(client, driver, name))) return 'not adopted';
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

/**
 * For a volume that can be adopted only by a move: one of its name is of that move, or another one. Its options are none, and would match
 * any.
 */
export async function requireNone(client: AdminClient, driver: string, name: string): Promise<'not adopted'> {
  if (!(await exists(client, driver, name))) return 'not adopted';
  const way = 'If its data was moved there, undo that with the same --move.';
  throw new VolumeError('conflict', `Volume ${quote(name)} of driver ${driver} stays as it is. ${way}`);
}

async function exists(client: AdminClient, driver: string, name: string): Promise<boolean> {
  try {
    await client.ask('GET', volumePath(driver, name));
    return true;
  } catch (error) {
    if (asVolumeError(error, '').code === 'not-found') return false;
    throw error;
  }
}

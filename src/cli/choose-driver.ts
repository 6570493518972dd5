import { listField, textField } from '../core/json.ts';
import { parseDriverName, parseVolumeName, quote } from '../core/names.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { AdminClient } from './admin-client.ts';
import { removedPath, volumePath } from './paths.ts';
import { listed } from './table.ts';

async function driverNames(client: AdminClient): Promise<readonly string[]> {
  return listField(await client.ask('GET', '/v1/drivers'), 'drivers').map((driver) =>
    textField(driver, 'name'),
  );
}

/** Those with storage of their own: a joint driver shows the volumes of its members once more. */
export async function storageDrivers(client: AdminClient): Promise<readonly string[]> {
  return listField(await client.ask('GET', '/v1/drivers'), 'drivers')
    .filter((driver) => listField(driver, 'members').length === 0)
    .map((driver) => textField(driver, 'name'));
}

/** The driver asked for, or the only one there is. Throws `invalid` when there are several. */
export async function onlyDriver(client: AdminClient, asked: string | undefined): Promise<string> {
  if (asked !== undefined) return parseDriverName(asked);
  const names = await driverNames(client);
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return only;
  throw new VolumeError('invalid', `There are the drivers ${listed(names)}: choose one with --driver.`);
}

/** The driver asked for, or the only one that has the volume. Throws `not-found`, or `invalid` when several have it. */
export async function driverOfVolume(
  client: AdminClient,
  name: string,
  asked: string | undefined,
): Promise<string> {
  parseVolumeName(name);
  if (asked !== undefined) {
    await client.ask('GET', volumePath(parseDriverName(asked), name));
    return asked;
  }
  const names = await storageDrivers(client);
  const having = await Promise.all(names.map((driver) => hasVolume(client, driver, name)));
  const owners = names.filter((_, index) => having[index]);
  return oneOwner(owners, name, () => noSuchVolume(client, name));
}

/** The same for a volume that was removed. */
export async function driverOfRemoved(
  client: AdminClient,
  name: string,
  options: { readonly driver?: string; readonly id?: string },
): Promise<string> {
  parseVolumeName(name);
  if (options.driver !== undefined) return parseDriverName(options.driver);
  const names = await storageDrivers(client);
  const answers = await Promise.all(names.map((driver) => client.ask('GET', removedPath(driver))));
  const owners = names.filter((_, index) =>
    listField(answers[index], 'removed').some(
      (volume) =>
        textField(volume, 'name') === name &&
        (options.id === undefined || textField(volume, 'id') === options.id),
    ),
  );
  return oneOwner(owners, name, async () => {
    const what = options.id === undefined ? '' : ` with the ID ${quote(options.id)}`;
    const message = `No removed volume ${name}${what} is kept: \`holdfast volume ls --removed\` lists those that are.`;
    return new VolumeError('not-found', message);
  });
}

async function oneOwner(
  owners: readonly string[],
  name: string,
  none: () => Promise<VolumeError>,
): Promise<string> {
  const [owner, ...others] = owners;
  if (owner === undefined) throw await none();
  if (others.length === 0) return owner;
  const message = `Volume ${name} exists in the drivers ${listed(owners)}: choose one with --driver.`;
  throw new VolumeError('invalid', message);
}

async function hasVolume(client: AdminClient, driver: string, name: string): Promise<boolean> {
  try {
    await client.ask('GET', volumePath(driver, name));
    return true;
  } catch (error) {
    if (error instanceof VolumeError && error.code === 'not-found') return false;
    throw error;
  }
}

async function noSuchVolume(client: AdminClient, name: string): Promise<VolumeError> {
  const { nearest } = await import('../core/nearest.ts');
  const volumes = listField(await client.ask('GET', '/v1/volumes'), 'volumes');
  const near = nearest(
    name,
    volumes.map((volume) => textField(volume, 'name')),
  );
  const hint = near === undefined ? '`holdfast volume ls` lists what there is.' : `Did you mean ${near}?`;
  return new VolumeError('not-found', `There is no volume ${name}. ${hint}`);
}

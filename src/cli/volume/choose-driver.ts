import { type Json, listField, textField } from '../../core/json.ts';
import { listed } from '../../core/listed.ts';
import { parseDriverName, parseVolumeName, quote } from '../../core/names.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';
import type { AdminClient } from '../admin-client.ts';
import { removedPath, volumePath } from './paths.ts';

async function driverNames(client: AdminClient): Promise<readonly string[]> {
  return listField(await client.ask('GET', '/v1/drivers'), 'drivers').map((driver) =>
    textField(driver, 'name'),
  );
}

/** The drivers without the joint ones, which list the volumes of their members again. */
export async function storageDrivers(client: AdminClient): Promise<readonly string[]> {
  return listField(await client.ask('GET', '/v1/drivers'), 'drivers')
    .filter((driver) => listField(driver, 'members').length === 0)
    .map((driver) => textField(driver, 'name'));
}

/** The requested driver, or the only one. Throws `invalid` if there are several. */
export async function onlyDriver(client: AdminClient, asked: string | undefined): Promise<string> {
  if (asked !== undefined) return parseDriverName(asked);
  const names = await driverNames(client);
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return only;
  throw new VolumeError('invalid', `There are several drivers: ${listed(names)}. Choose one with --driver.`);
}

/** The requested driver, or the only one that has the volume. Throws `not-found`, or `invalid` if several have it. */
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
  const answers = await Promise.all(names.map((driver) => hasVolume(client, driver, name)));
  const owners = names.filter((_, index) => answers[index] === true);
  const [untold] = answers.flatMap((answer) => (typeof answer === 'boolean' ? [] : [answer]));
  if (untold !== undefined) throw inDoubt(owners, name, untold);
  return oneOwner(owners, name, () => noSuchVolume(client, name));
}

/** A driver that does not answer may also have the volume, so the operator must choose. */
function inDoubt(owners: readonly string[], name: string, untold: VolumeError): VolumeError {
  if (owners.length === 0) return untold;
  const message = `Volume ${name} exists in driver ${listed(owners)}, and perhaps in another: choose one with --driver. ${untold.message}`;
  return new VolumeError(untold.code, message, { cause: untold });
}

/** The driver that keeps the removed volume. Throws as `driverOfVolume` does. */
export async function driverOfRemoved(
  client: AdminClient,
  name: string,
  options: { readonly driver?: string; readonly id?: string },
): Promise<string> {
  parseVolumeName(name);
  if (options.driver !== undefined) return parseDriverName(options.driver);
  const names = await storageDrivers(client);
  const answers = await Promise.all(names.map((driver) => client.ask('GET', removedPath(driver))));
  const owners = names.filter((_, index) => isListed(answers[index], name, options.id));
  return oneOwner(owners, name, async () => {
    const what = options.id === undefined ? '' : ` with the ID ${quote(options.id)}`;
    const message = `No removed volume ${name}${what} is kept. List those that are with \`holdfast volume ls --removed\`.`;
    return new VolumeError('not-found', message);
  });
}

function isListed(removed: Json, name: string, id?: string): boolean {
  return listField(removed, 'removed').some(
    (volume) => textField(volume, 'name') === name && (id === undefined || textField(volume, 'id') === id),
  );
}

/** The drivers that keep a removed volume of this name. */
async function removedWhere(client: AdminClient, name: string): Promise<readonly string[]> {
  const names = await storageDrivers(client);
  const answers = await Promise.allSettled(names.map((driver) => client.ask('GET', removedPath(driver))));
  return names.filter((_, index) => {
    const answer = answers[index];
    return answer?.status === 'fulfilled' && isListed(answer.value, name);
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

/** Resolves with the error of a driver that cannot answer. */
async function hasVolume(client: AdminClient, driver: string, name: string): Promise<boolean | VolumeError> {
  try {
    await client.ask('GET', volumePath(driver, name));
    return true;
  } catch (error) {
    const told = asVolumeError(error, `Driver ${driver} failed`);
    return told.code === 'not-found' ? false : told;
  }
}

async function noSuchVolume(client: AdminClient, name: string): Promise<VolumeError> {
  const removedFrom = await removedWhere(client, name);
  if (removedFrom.length > 0) {
    const message = `Volume ${name} was removed from driver ${listed(removedFrom)}, and its data is kept. Bring it back with \`holdfast volume undelete ${name} --driver ${removedFrom[0]}\`.`;
    return new VolumeError('not-found', message);
  }
  const volumes = listField(await client.ask('GET', '/v1/volumes'), 'volumes');
  return new VolumeError('not-found', `There is no volume ${name}. ${await volumeHint(name, volumes)}`);
}

/** "Did you mean db?", or where to see them all. */
export async function volumeHint(name: string, volumes: readonly Json[]): Promise<string> {
  const { suggestion } = await import('../../core/nearest.ts');
  const names = volumes.map((volume) => textField(volume, 'name'));
  return suggestion(name, names, 'List all volumes with `holdfast volume ls`.');
}

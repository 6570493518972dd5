import { listField, textField } from '../../core/json.ts';
import { listed } from '../../core/listed.ts';
import { parseVolumeName } from '../../core/names.ts';
import { asVolumeError, type VolumeError } from '../../core/volume-error.ts';
import type { EnginesWithOwn, EngineWithOwn } from '../../engines/own-volume.ts';
import type { AdminClient } from '../admin-client.ts';
import type { CommandResult, TargetOptions } from '../command-result.ts';
import { driverOfRemoved, driverOfVolume, onlyDriver } from './choose-driver.ts';
import { driverVolumesPath, removedPath, volumePath } from './paths.ts';
import { userText } from './user-text.ts';
import { stoppedContainers, usersOfVolume, withUsers } from './users.ts';

export async function createVolume(
  client: AdminClient,
  name: string,
  { driver, option = {} }: TargetOptions & { readonly option?: Readonly<Record<string, string>> },
): Promise<CommandResult> {
  parseVolumeName(name);
  const owner = await onlyDriver(client, driver);
  const created = await client.ask('POST', driverVolumesPath(owner), { name, options: option });
  const text = `Volume ${name} exists in driver ${owner}. Use it: docker run --rm -it -v ${name}:/data --volume-driver ${owner} busybox`;
  return { json: created, text };
}

/** Removes one after the other. If one fails, the others are still removed; if one cannot be a name, none is. */
export async function removeVolumes(
  client: AdminClient,
  names: readonly string[],
  { driver }: TargetOptions,
): Promise<CommandResult> {
  const removed: { readonly driver: string; readonly name: string }[] = [];
  const warnings: string[] = [];
  const failures: VolumeError[] = [];
  names.forEach(parseVolumeName);
  for (const name of names) {
    try {
      const owner = await driverOfVolume(client, name, driver);
      warnings.push(...(await removeVolume(client, owner, name)));
      removed.push({ driver: owner, name });
    } catch (error) {
      failures.push(asVolumeError(error, `Volume ${name} was not removed`));
    }
  }
  const text = removed
    .map((volume) => `Volume ${volume.name} was removed from driver ${volume.driver}.`)
    .join('\n');
  return { json: { removed }, text, warnings, failures };
}

/** Returns warnings for the user; a refusal names the containers. */
async function removeVolume(client: AdminClient, driver: string, name: string): Promise<readonly string[]> {
  const asking = usersOfVolume(client, driver, name);
  try {
    await client.ask('DELETE', volumePath(driver, name));
  } catch (thrown) {
    throw await withUsers(thrown, () => asking);
  }
  return stoppedContainers((await asking).usedBy).map(
    (user) =>
      `Volume ${name} was removed, but ${userText(user)} still refers to it and cannot start without it.`,
  );
}

/** Warns if an engine now has, or may have, a local volume of the same name: its containers keep using that one. */
export async function undeleteVolume(
  client: AdminClient,
  name: string,
  { id, as = name, ...options }: TargetOptions & { readonly id?: string; readonly as?: string },
  enginesWithOwn: EnginesWithOwn,
): Promise<CommandResult> {
  const meant = parseVolumeName(as);
  const owner = await driverOfRemoved(client, name, { ...options, ...(id === undefined ? {} : { id }) });
  const path = `${removedPath(owner)}/${encodeURIComponent(name)}/undelete`;
  // Undefined fields are not sent.
  const volume = await client.ask('POST', path, { id, as: as === name ? undefined : as });
  const engines = await enginesWithOwn(meant);
  return {
    json: volume,
    text: `Volume ${name} is back in driver ${owner}${as === name ? '' : ` as ${as}`}.`,
    warnings: engines.map((found) => warnOfOwn(as, owner, found)),
  };
}

function warnOfOwn(
  name: string,
  owner: string,
  { engine: { name: engine, command }, unknown }: EngineWithOwn,
): string {
  if (unknown !== undefined)
    return `It is unknown whether ${engine} has its own volume ${name} (driver \`local\`), which its containers would get: ${unknown}.`;
  return (
    `${engine} has its own volume ${name} (driver \`local\`), and its containers keep using that one. Save the data you need from it, ` +
    `then remove it with \`${command} volume rm ${name}\`. After that, ${engine} finds the volume of driver ${owner}.`
  );
}

/** Keeps the volume mounted for the operator until `unmount`. Only `unmount` drops this holder. */
export async function mountVolume(
  client: AdminClient,
  name: string,
  { driver }: TargetOptions,
): Promise<CommandResult> {
  const owner = await driverOfVolume(client, name, driver);
  const mounted = await client.ask('POST', `${volumePath(owner, name)}/mount`);
  const text = `Volume ${name} is mounted at ${textField(mounted, 'mountpoint')}. Unmount it with: holdfast volume unmount ${name}`;
  return { json: mounted, text };
}

export async function unmountVolume(
  client: AdminClient,
  name: string,
  { driver }: TargetOptions,
): Promise<CommandResult> {
  const owner = await driverOfVolume(client, name, driver);
  const unmounted = await client.ask('POST', `${volumePath(owner, name)}/unmount`);
  return { json: unmounted, text: `Volume ${name} is no longer held by the operator.` };
}

/** Gives the volume up on this host; a refusal names the containers. */
export async function releaseVolume(
  client: AdminClient,
  name: string,
  { driver }: TargetOptions,
): Promise<CommandResult> {
  const owner = await driverOfVolume(client, name, driver);
  const asking = usersOfVolume(client, owner, name);
  const released = await client
    .ask('POST', `${volumePath(owner, name)}/release`)
    .catch(async (error) => Promise.reject(await withUsers(error, () => asking)));
  const holders = listField(released, 'holders').map(String);
  const mountpoint = textField(released, 'mountpoint');
  const dropped = holders.length === 0 ? [] : [`dropped ${listed(holders)}`];
  const unmounted = mountpoint === '' ? [] : [`unmounted ${mountpoint}`];
  const text =
    dropped.length + unmounted.length === 0
      ? `Volume ${name} is not mounted on this host: there is nothing to release.`
      : `Volume ${name} is released: ${[...dropped, ...unmounted].join(', ')}.`;
  return { json: released, text };
}

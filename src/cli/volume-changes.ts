import { textField } from '../core/json.ts';
import { parseVolumeName } from '../core/names.ts';
import { asVolumeError, type VolumeError } from '../core/volume-error.ts';
import type { AdminClient } from './admin-client.ts';
import { driverOfRemoved, driverOfVolume, onlyDriver } from './choose-driver.ts';
import type { CommandResult, TargetOptions } from './command-result.ts';
import { driverVolumesPath, removedPath, volumePath } from './paths.ts';

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

/** Each name by itself: one that cannot be removed does not save the others. */
export async function removeVolumes(
  client: AdminClient,
  names: readonly string[],
  { driver }: TargetOptions,
): Promise<CommandResult> {
  const removed: { readonly driver: string; readonly name: string }[] = [];
  const failures: VolumeError[] = [];
  for (const name of names) {
    try {
      const owner = await driverOfVolume(client, name, driver);
      await client.ask('DELETE', volumePath(owner, name));
      removed.push({ driver: owner, name });
    } catch (error) {
      failures.push(asVolumeError(error, `Volume ${name} was not removed`));
    }
  }
  const text = removed
    .map((volume) => `Volume ${volume.name} was removed from driver ${volume.driver}.`)
    .join('\n');
  return { json: { removed }, text, failures };
}

export async function undeleteVolume(
  client: AdminClient,
  name: string,
  options: TargetOptions & { readonly id?: string },
): Promise<CommandResult> {
  const owner = await driverOfRemoved(client, name, options);
  const path = `${removedPath(owner)}/${encodeURIComponent(name)}/undelete`;
  const volume = await client.ask('POST', path, options.id === undefined ? {} : { id: options.id });
  return { json: volume, text: `Volume ${name} is back in driver ${owner}.` };
}

/** Holds the volume for the operator until it is given back; nothing else ever drops that holder. */
export async function mountVolume(
  client: AdminClient,
  name: string,
  { driver }: TargetOptions,
): Promise<CommandResult> {
  const owner = await driverOfVolume(client, name, driver);
  const mounted = await client.ask('POST', `${volumePath(owner, name)}/mount`);
  const text = `Volume ${name} is mounted at ${textField(mounted, 'mountpoint')}. Give it back: holdfast volume unmount ${name}`;
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

import { type Json, listField, textField, textsField } from '../core/json.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { AdminClient } from './admin-client.ts';
import { driverOfVolume } from './choose-driver.ts';
import type { CommandResult, TargetOptions } from './command-result.ts';
import { volumePath } from './paths.ts';

export interface ResourceOptions extends TargetOptions {
  readonly as?: 'mount' | 'path';
  readonly role?: string;
}

/** Bytes that the file system at the path has for everybody but root. */
export type SpaceOf = (path: string) => Promise<number>;

/** The agent's `--resources` for the volumes that are mounted by hand: those named, or all of them. */
export async function mesosResources(
  client: AdminClient,
  names: readonly string[],
  options: ResourceOptions,
  spaceOf: SpaceOf,
): Promise<CommandResult> {
  const volumes =
    names.length === 0 ? await allHeld(client, options) : await namedHeld(client, names, options);
  const drivers = listField(await client.ask('GET', '/v1/drivers'), 'drivers');
  const ofOneHost = drivers.filter((driver) => textField(driver, 'sharing') === 'one-host');
  const oneHost = new Set(ofOneHost.map((driver) => textField(driver, 'name')));
  const resources = await Promise.all(
    volumes.map(async (volume) => {
      const root = textField(volume, 'mountpoint');
      const kind = options.as ?? (isOwnFileSystem(volume, oneHost) ? 'mount' : 'path');
      return resource(kind, root, await spaceOf(root), options.role);
    }),
  );
  return { json: { resources }, text: JSON.stringify(resources, undefined, 2) };
}

async function namedHeld(
  client: AdminClient,
  names: readonly string[],
  { driver }: TargetOptions,
): Promise<readonly Json[]> {
  return Promise.all(
    names.map(async (name) => {
      const volume = await client.ask('GET', volumePath(await driverOfVolume(client, name, driver), name));
      if (isHeldByHand(volume)) return volume;
      const message = `Volume ${name} is not mounted by hand, so it could go while the agent uses it: \`holdfast volume mount ${name}\` keeps it.`;
      throw new VolumeError('invalid', message);
    }),
  );
}

async function allHeld(client: AdminClient, { driver }: TargetOptions): Promise<readonly Json[]> {
  const query = driver === undefined ? '' : `?driver=${encodeURIComponent(driver)}`;
  const mounted = listField(await client.ask('GET', `/v1/volumes${query}`), 'volumes').filter(
    (volume) => textField(volume, 'mountpoint') !== '',
  );
  const details = await Promise.all(
    mounted.map((volume) =>
      client.ask('GET', volumePath(textField(volume, 'driver'), textField(volume, 'name'))),
    ),
  );
  const held = details.filter(isHeldByHand);
  if (held.length > 0) return held;
  const message =
    'No volume is mounted by hand: `holdfast volume mount NAME` mounts one for the agent, and keeps it.';
  throw new VolumeError('not-found', message);
}

function isHeldByHand(volume: Json): boolean {
  const isOperator = listField(volume, 'holders').some((holder) => textField(holder, 'kind') === 'operator');
  return isOperator && textField(volume, 'mountpoint') !== '';
}

/** A volume with a size is one, but for a share, whose sizes are quotas at most. */
function isOwnFileSystem(volume: Json, oneHostDrivers: ReadonlySet<string>): boolean {
  const hasSize = textsField(volume, 'options').some(([name]) => name === 'size');
  return hasSize && oneHostDrivers.has(textField(volume, 'driver'));
}

/** As in Mesos' page on multiple disks. */
function resource(kind: 'mount' | 'path', root: string, bytes: number, role: string | undefined): object {
  const source = kind === 'mount' ? { type: 'MOUNT', mount: { root } } : { type: 'PATH', path: { root } };
  return {
    name: 'disk',
    type: 'SCALAR',
    scalar: { value: Math.floor(bytes / 1024 ** 2) },
    ...(role === undefined ? {} : { role }),
    disk: { source },
  };
}

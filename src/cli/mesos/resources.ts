import { type Json, listField, textField, textsField } from '../../core/json.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';
import type { AdminClient } from '../admin-client.ts';
import type { CommandResult, TargetOptions } from '../command-result.ts';
import { driverOfVolume } from '../volume/choose-driver.ts';
import { volumePath } from '../volume/paths.ts';
import { type FileSystem, shares } from './shares.ts';
import { writeResources } from './write-resources.ts';

export interface ResourceOptions extends TargetOptions {
  readonly as?: 'mount' | 'path';
  readonly role?: string;
  readonly output?: string;
}

export type FileSystemOf = (path: string) => Promise<FileSystem>;

/** The agent's `--resources` for volumes mounted by hand: the named ones, or all. */
export async function mesosResources(
  client: AdminClient,
  names: readonly string[],
  options: ResourceOptions,
  fileSystemOf: FileSystemOf,
): Promise<CommandResult> {
  const volumes = onlyOnce(
    names.length === 0 ? await allHeld(client, options) : await namedHeld(client, names, options),
  );
  const drivers = listField(await client.ask('GET', '/v1/drivers'), 'drivers');
  const ofOneHost = drivers.filter((driver) => textField(driver, 'sharing') === 'one-host');
  const oneHost = new Set(ofOneHost.map((driver) => textField(driver, 'name')));
  const found = await Promise.all(volumes.map((volume) => fileSystemOf(textField(volume, 'mountpoint'))));
  const parts = shares(found);
  const resources = volumes.map((volume, index) => {
    const kind = options.as ?? (isOwnFileSystem(volume, oneHost) ? 'mount' : 'path');
    const { bytes = 0, sharers = 1 } = parts[index] ?? {};
    if (kind === 'mount' && sharers > 1) throw sharedMount(volume);
    return resource(kind, volume, bytes, options.role);
  });
  const text = JSON.stringify(resources, undefined, 2);
  if (options.output === undefined) return { json: { resources }, text };
  const file = await writeResources(options.output, text);
  return {
    json: { resources, file },
    text: `Wrote ${file}: start the agent with --resources=file://${file}`,
  };
}

/**
 * On failure, stdout holds a string that Mesos refuses as resources (docs/design/mesos-rules.md#resources).
 * An agent started with `--resources="$(holdfast mesos resources)"` then does not start. With an empty string it would offer its root disk.
 */
export function failedResources(error: unknown): CommandResult {
  return { text: 'holdfast-mesos-resources-failed', failures: [asVolumeError(error, 'The command failed')] };
}

/** A volume may be named twice, or be listed by a joint driver as well. */
function onlyOnce(volumes: readonly Json[]): readonly Json[] {
  return [...new Map(volumes.map((volume) => [textField(volume, 'mountpoint'), volume])).values()];
}

function sharedMount(volume: Json): VolumeError {
  const name = textField(volume, 'name');
  return new VolumeError(
    'invalid',
    `Volume ${name} shares a file system with another of these volumes, but a MOUNT disk needs a whole file system: omit --as mount, or name only volume ${name}.`,
  );
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
      const message = `Volume ${name} is not mounted by hand, so it could be unmounted while the agent uses it. Mount it with \`holdfast volume mount ${name}\`.`;
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
  const message = 'No volume is mounted by hand. Mount one for the agent with `holdfast volume mount NAME`.';
  throw new VolumeError('not-found', message);
}

function isHeldByHand(volume: Json): boolean {
  const isOperator = listField(volume, 'holders').some((holder) => textField(holder, 'kind') === 'operator');
  return isOperator && textField(volume, 'mountpoint') !== '';
}

/** Whether the volume is a file system of its own: it has a size, and not just a quota on a network share. */
function isOwnFileSystem(volume: Json, oneHostDrivers: ReadonlySet<string>): boolean {
  const hasSize = textsField(volume, 'options').some(([name]) => name === 'size');
  return hasSize && oneHostDrivers.has(textField(volume, 'driver'));
}

/** The format of Mesos' documentation page "Multiple Disks". */
function resource(kind: 'mount' | 'path', volume: Json, bytes: number, role: string | undefined): object {
  const root = textField(volume, 'mountpoint');
  const value = Math.floor(bytes / 1024 ** 2);
  if (value < 1) {
    const message = `Volume ${textField(volume, 'name')} has less than 1 MB of space for tasks at ${root}, and Mesos refuses a disk without space.`;
    throw new VolumeError('failed', message);
  }
  const source = kind === 'mount' ? { type: 'MOUNT', mount: { root } } : { type: 'PATH', path: { root } };
  return {
    name: 'disk',
    type: 'SCALAR',
    scalar: { value },
    ...(role === undefined ? {} : { role }),
    disk: { source },
  };
}

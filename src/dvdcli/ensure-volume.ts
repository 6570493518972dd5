import { field, textField } from '../core/json.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { DriverClient, Reply } from './driver-client.ts';
import type { Asked } from './parse-words.ts';

/** The volume in an answer to Get; undefined if the driver does not know it. As for Docker, `{}` and any error mean that. */
export function volumeOf(reply: Reply): object | undefined {
  const volume = field(reply.answer, 'Volume');
  if (reply.error !== '' || typeof volume !== 'object' || volume === null) return undefined;
  return textField(volume, 'Name') === '' ? undefined : volume;
}

/** Throws if the driver does not know the volume. */
export async function requireVolume(client: DriverClient, asked: Asked): Promise<object> {
  const reply = await client.call('Get', { Name: asked.volume });
  const volume = volumeOf(reply);
  if (volume !== undefined) return volume;
  throw driverError(asked, 'was not found', reply.error || 'there is no volume of that name.');
}

/** The volume as the driver knows it. An unknown volume is created with the options, and undefined is returned. */
export async function ensureVolume(client: DriverClient, asked: Asked): Promise<object | undefined> {
  if (asked.explicitCreate) return requireVolume(client, asked);
  const found = volumeOf(await client.call('Get', { Name: asked.volume }));
  if (found === undefined) await createVolume(client, asked);
  else if (Object.keys(asked.options).length > 0 && comparesOptions(found))
    await compareOptions(client, asked);
  return found;
}

async function createVolume(client: DriverClient, asked: Asked): Promise<void> {
  const reply = await client.call('Create', { Name: asked.volume, Opts: asked.options });
  if (reply.error === '') return;
  // Another caller may have made it since the Get. Holdfast compares the options; other plugins just say that it exists.
  const made = volumeOf(await client.call('Get', { Name: asked.volume }));
  if (made === undefined || comparesOptions(made))
    throw driverError(asked, 'could not be created', reply.error);
}

/** Holdfast names the difference. An existing volume is mounted even if its storage cannot answer now. */
async function compareOptions(client: DriverClient, asked: Asked): Promise<void> {
  const { status, error } = await client.call('Create', { Name: asked.volume, Opts: asked.options });
  if (status === 400 || status === 409) throw driverError(asked, 'cannot be used', error);
}

/** Recognised by Holdfast's Status. For other plugins, a Create of an existing volume may be an error, or make it again. */
function comparesOptions(volume: object): boolean {
  const status = field(volume, 'Status');
  return (
    ['driver', 'backend'].every((key) => textField(status, key) !== '') &&
    field(status, 'options') !== undefined
  );
}

/** The driver's own words, with the volume and the driver in front if they do not name the volume. */
export function driverError({ volume, driver }: Asked, what: string, words: string): VolumeError {
  if (words.includes(volume)) return new VolumeError('failed', words);
  return new VolumeError('failed', `Volume ${volume} of driver ${driver} ${what}: ${words}`);
}

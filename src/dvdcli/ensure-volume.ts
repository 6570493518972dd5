import { field, textField } from '../core/json.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { DriverClient, Reply } from './driver-client.ts';
import type { Asked } from './parse-words.ts';

/** The volume of an answer to Get; undefined: the driver knows none. To Docker, too, `{}` and any error say so. */
export function volumeOf(reply: Reply): object | undefined {
  const volume = field(reply.answer, 'Volume');
  if (reply.error !== '' || typeof volume !== 'object' || volume === null) return undefined;
  return textField(volume, 'Name') === '' ? undefined : volume;
}

/** Throws when the driver does not know it. */
export async function requireVolume(client: DriverClient, asked: Asked): Promise<object> {
  const reply = await client.call('Get', { Name: asked.volume });
  const volume = volumeOf(reply);
  if (volume !== undefined) return volume;
  throw driverError(asked, 'was not found', reply.error || 'there is no volume of that name.');
}

/** What the driver knows of the volume; one that it did not know is created, with the options, and undefined comes back. */
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
  // Another one may have made it since the look. Holdfast would have compared; others just say that it is there.
  const made = volumeOf(await client.call('Get', { Name: asked.volume }));
  if (made === undefined || comparesOptions(made))
    throw driverError(asked, 'could not be created', reply.error);
}

/** Holdfast says what differs. That the storage cannot tell now is no reason not to mount what exists. */
async function compareOptions(client: DriverClient, asked: Asked): Promise<void> {
  const { status, error } = await client.call('Create', { Name: asked.volume, Opts: asked.options });
  if (status === 400 || status === 409) throw driverError(asked, 'cannot be used', error);
}

/** By Holdfast's Status. To other plugins a Create of what exists may be an error, or make it anew. */
function comparesOptions(volume: object): boolean {
  const status = field(volume, 'Status');
  return (
    ['driver', 'backend'].every((key) => textField(status, key) !== '') &&
    field(status, 'options') !== undefined
  );
}

/** The driver's own words, and what they are about where they do not say it. */
export function driverError({ volume, driver }: Asked, what: string, words: string): VolumeError {
  if (words.includes(volume)) return new VolumeError('failed', words);
  return new VolumeError('failed', `Volume ${volume} of driver ${driver} ${what}: ${words}`);
}

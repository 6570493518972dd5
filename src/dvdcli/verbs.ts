import { field, listField, textField } from '../core/json.ts';
import { quote } from '../core/names.ts';
import { printable } from '../core/printable.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { DriverClient } from './driver-client.ts';
import { driverError, ensureVolume, requireVolume, volumeOf } from './ensure-volume.ts';
import { requireMountpoint } from './mountpoint.ts';
import type { Asked, Verb } from './parse-words.ts';
import type { Places } from './plugin.ts';

/** Resolves to the output of a verb, without its last newline; empty: nothing is printed. */
type Act = (client: DriverClient, asked: Asked, places: Places) => Promise<string>;

export const acts: Readonly<Record<Verb, Act>> = { mount, unmount, path, list, create, remove, get };

/**
 * Sends no ID, like the classic dvdcli. All mounts of an agent are one holder, since Mesos mounts for each task and unmounts only
 * after the last.
 */
async function mount(client: DriverClient, asked: Asked, places: Places): Promise<string> {
  const before = await ensureVolume(client, asked);
  const reply = await client.call('Mount', { Name: asked.volume });
  if (reply.error !== '') throw driverError(asked, 'could not be mounted', reply.error);
  try {
    return requireMountpoint(
      textField(reply.answer, 'Mountpoint'),
      asked,
      client.hostPath,
      places.mountTable,
    );
  } catch (error) {
    // Earlier users keep their mount.
    const isFirst = textField(before, 'Mountpoint') === '';
    if (isFirst) await client.call('Unmount', { Name: asked.volume }).catch(() => undefined);
    throw error;
  }
}

/**
 * Succeeds for an unknown volume, and for a driver that does not exist: Mesos would repeat a failed unmount at each start of the
 * agent, forever.
 */
async function unmount(client: DriverClient, asked: Asked, places: Places): Promise<string> {
  const { nothingMounted } = await import('./nothing-mounted.ts');
  if (await nothingMounted(asked, places)) return '';
  const reply = await client.call('Unmount', { Name: asked.volume });
  if (reply.error === '') return '';
  const known = await client.call('Get', { Name: asked.volume });
  // A driver that cannot answer now does not say that the volume is absent.
  if (volumeOf(known) === undefined && known.status !== 503 && known.status !== 504) return '';
  throw driverError(asked, 'could not be unmounted', reply.error);
}

/** Prints nothing for a volume that is not mounted. */
async function path(client: DriverClient, asked: Asked): Promise<string> {
  const known = textField(await requireVolume(client, asked), 'Mountpoint');
  const place = known || textField((await client.call('Path', { Name: asked.volume })).answer, 'Mountpoint');
  return place === '' ? '' : shown(client.hostPath(place));
}

async function list(client: DriverClient, asked: Asked): Promise<string> {
  const reply = await client.call('List', {});
  if (reply.error !== '')
    throw new VolumeError('failed', `Driver ${asked.driver} cannot list: ${reply.error}`);
  const names = listField(reply.answer, 'Volumes').map((volume) => textField(volume, 'Name'));
  return names
    .filter((name) => name !== '')
    .map(shown)
    .join('\n');
}

async function create(client: DriverClient, asked: Asked): Promise<string> {
  const reply = await client.call('Create', { Name: asked.volume, Opts: asked.options });
  if (reply.error !== '') throw driverError(asked, 'could not be created', reply.error);
  return '';
}

async function remove(client: DriverClient, asked: Asked): Promise<string> {
  const reply = await client.call('Remove', { Name: asked.volume });
  if (reply.error !== '') throw driverError(asked, 'could not be removed', reply.error);
  return '';
}

async function get(client: DriverClient, asked: Asked): Promise<string> {
  return shown(String(field(await requireVolume(client, asked), 'Name')));
}

/** On one line, with any answer of a driver. */
function shown(name: string): string {
  return printable(name) === name ? name : quote(name);
}

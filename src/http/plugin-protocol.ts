import type { Capabilities } from '../backends/backend.ts';
import { type MountId, parseMountId, parseVolumeName, type VolumeName } from '../core/names.ts';
import type { Options, Volume } from '../core/volume.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { ListedVolume, VolumeView } from '../driver/volume-driver.ts';
import { parseOptions } from './parse-options.ts';

/**
 * The Docker VolumeDriver protocol on the wire: what requests say and what answers look like.
 * Source: moby's docs/extend/plugins_volume.md and volume/drivers, and what docs/reference/protocol.md adds to them.
 */
export interface PluginRequest {
  readonly name: VolumeName;
  readonly id: MountId;
  readonly options: Options;
}

/** Reads a request body; Throws `invalid` for one that is empty: Docker's client sends an empty body when it retries. */
export function parsePluginRequest(body: string): PluginRequest {
  const { Name, ID, Opts } = parseFields(body);
  return { name: parseVolumeName(Name), id: parseMountId(ID), options: parseOptions(Opts, 'Opts') };
}

interface RequestFields {
  readonly Name?: unknown;
  readonly ID?: unknown;
  readonly Opts?: unknown;
}

function parseFields(body: string): RequestFields {
  const value = parseJson(body);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new VolumeError('invalid', 'The request must be a JSON object, such as {"Name": "db"}.');
}

function parseJson(body: string): unknown {
  if (body.trim() === '') {
    throw new VolumeError('invalid', 'The request is empty, as a retried one is: repeat the command.');
  }
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new VolumeError('invalid', 'The request is not JSON: send an object such as {"Name": "db"}.', {
      cause,
    });
  }
}

export const activateAnswer = JSON.stringify({ Implements: ['VolumeDriver'] });
export const emptyAnswer = '{}';

export function capabilitiesAnswer({ scope }: Capabilities): string {
  return JSON.stringify({ Capabilities: { Scope: scope } });
}

export function mountpointAnswer(mountpoint: string): string {
  return JSON.stringify({ Mountpoint: mountpoint });
}

export function errorAnswer(message: string): string {
  return JSON.stringify({ Err: message });
}

/** One element of List. A mountpoint is absent rather than empty: the engine would bind its own root. */
export function listedAnswer({ volume, mountpoint }: ListedVolume): string {
  return JSON.stringify({ Name: volume.name, Mountpoint: mountpoint, CreatedAt: volume.createdAt });
}

/**
 * The answer to Get. Status is what `docker volume inspect` shows. What never changes of a volume is made into text once:
 * the engine sends a Get before nearly everything else.
 */
export function createVolumeAnswer(driver: string, backend: string): (view: VolumeView) => string {
  const texts = new WeakMap<Volume, { readonly head: string; readonly status: string }>();

  function textsOf(volume: Volume) {
    const head = JSON.stringify({ Name: volume.name, CreatedAt: volume.createdAt });
    const status = JSON.stringify({ driver, backend, options: volume.options });
    const made = { head: head.slice(0, -1), status: status.slice(0, -1) };
    texts.set(volume, made);
    return made;
  }

  return (view) => {
    const { volume, member, mountpoint, holders, catalogAge } = view;
    const { head, status } = texts.get(volume) ?? textsOf(volume);
    const place = mountpoint === undefined ? '' : `,"Mountpoint":${JSON.stringify(mountpoint)}`;
    const owner = member === undefined ? '' : `,"member":${JSON.stringify(member)}`;
    const age = catalogAge === undefined ? '' : `,"listedSecondsAgo":${Math.round(catalogAge / 1000)}`;
    return `{"Volume":${head}${place},"Status":${status}${owner},"holders":${holders.length}${age}${seen(view)}}}}`;
  };
}

/** What the person on call looks for: the server's health, where the data is, and the containers that have a dead mount. */
function seen({ health, details, mustRestart }: VolumeView): string {
  const known = { health: health && healthAnswer(health), details, mustRestart };
  return Object.entries(known)
    .map(([key, value]) => (value === undefined ? '' : `,"${key}":${JSON.stringify(value)}`))
    .join('');
}

/** RFC 3339 for the time of the last question. */
export function healthAnswer({ server, state, detail, checkedAt }: NonNullable<VolumeView['health']>) {
  return { state, server, detail, checkedAt: new Date(checkedAt).toISOString() };
}

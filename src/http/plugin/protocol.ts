import type { Capabilities } from '../../backends/backend.ts';
import { type MountId, parseMountId, parseVolumeName, type VolumeName } from '../../core/names.ts';
import { printedJson, shown } from '../../core/shown.ts';
import type { Usage } from '../../core/usage.ts';
import { isUnreadable, type KnownVolume, type Options } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { type Told, withWaysOut } from '../../core/way-out.ts';
import type { ListedVolume, VolumeDriver, VolumeView } from '../../driver/volume-driver.ts';
import { parseOptions } from '../parse-options.ts';
import { engineWords } from './engine-words.ts';

/**
 * The Docker VolumeDriver protocol on the wire: what requests say and what answers look like.
 * Sources: docs/design/protocol-rules.md and docs/reference/protocol.md.
 */
export interface PluginRequest {
  readonly name: VolumeName;
  readonly id: MountId;
  readonly options: Options;
}

/** Reads a request body. Throws `invalid` for an empty one, which Docker's client sends when it retries. */
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
    throw new VolumeError('invalid', 'The request is empty, like a retry of an engine: repeat the command.');
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

/**
 * `Err` is one line without control characters, because the engine's commands print it unchanged. `Problem` has the parts of `Err`, for
 * a client that prints its own commands, like dvdcli.
 */
export function errorAnswer(error: Told): string {
  const Err = withWaysOut(error, engineWords);
  const { message, waysOut = [] } = error;
  return printedJson(waysOut.length === 0 ? { Err } : { Err, Problem: { message, waysOut } });
}

/** One element of List. A mountpoint is absent rather than empty: the engine would bind its own root. */
export function listedAnswer({ volume, mountpoint }: ListedVolume): string {
  return JSON.stringify({ Name: volume.name, Mountpoint: mountpoint, CreatedAt: createdAtOf(volume) });
}

/**
 * The answer to Get. `docker volume inspect` shows its Status. The parts that never change are encoded once per volume, since the
 * engine sends a Get before nearly every other call.
 */
export function createVolumeAnswer(
  driver: Pick<VolumeDriver, 'name' | 'backend'>,
): (view: VolumeView) => string {
  const texts = new WeakMap<KnownVolume, { readonly head: string; readonly status: string }>();
  const usageTexts = new WeakMap<Usage, string>();

  /** Encoded once for each measurement. */
  function usageTextOf(usage: Usage): string {
    const text = usageTexts.get(usage) ?? usageText(usage);
    usageTexts.set(usage, text);
    return text;
  }

  function textsOf(volume: KnownVolume) {
    const head = JSON.stringify({ Name: volume.name, CreatedAt: createdAtOf(volume) });
    const known = isUnreadable(volume) ? { unreadable: volume.unreadable } : { options: volume.options };
    const status = printedJson({ driver: driver.name, backend: driver.backend, ...known });
    const made = { head: head.slice(0, -1), status: status.slice(0, -1) };
    texts.set(volume, made);
    return made;
  }

  return (view) => {
    const { volume, member, mountpoint, holders, catalogAge, usage } = view;
    const { head, status } = texts.get(volume) ?? textsOf(volume);
    const place = mountpoint === undefined ? '' : `,"Mountpoint":${JSON.stringify(mountpoint)}`;
    const owner = member === undefined ? '' : `,"member":${printedJson(member)}`;
    const age = catalogAge === undefined ? '' : `,"listedSecondsAgo":${Math.round(catalogAge / 1000)}`;
    const use = usage === undefined ? '' : `,"usage":${usageTextOf(usage)}`;
    return `{"Volume":${head}${place},"Status":${status}${owner},"holders":${holders.length}${age}${use}${seen(view)}}}}`;
  };
}

function createdAtOf(volume: KnownVolume): string | undefined {
  return isUnreadable(volume) ? undefined : volume.createdAt;
}

/** For the person on call: the server's health, where the data is, and the containers that have a dead mount. */
function seen({ health, details, mustRestart, unmountsPending }: VolumeView): string {
  const known = { health: health && healthAnswer(health), details, mustRestart, unmountsPending };
  return Object.entries(known)
    .map(([key, value]) => (value === undefined ? '' : `,"${key}":${printedJson(value)}`))
    .join('');
}

/** The time of the last check is in RFC 3339. */
export function healthAnswer({ server, state, detail, checkedAt }: NonNullable<VolumeView['health']>) {
  return { state, server, detail, checkedAt: new Date(checkedAt).toISOString() };
}

/** The path is the only string in it from outside. */
function usageText(usage: Usage): string {
  const { room } = usage;
  const safe = room === undefined ? usage : { ...usage, room: { ...room, place: shown(room.place) } };
  return JSON.stringify(usageAnswer(safe));
}

/** RFC 3339 for the time of the measurement. */
export function usageAnswer({ measuredAt, ...usage }: Usage) {
  return { ...usage, measuredAt: new Date(measuredAt).toISOString() };
}

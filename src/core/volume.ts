import type { VolumeName } from './names.ts';
import { VolumeError } from './volume-error.ts';

/** Options of one volume, by their canonical names. Never holds a secret. */
export type Options = Readonly<Record<string, string>>;

/** A volume as its backend records it. */
export interface Volume {
  readonly name: VolumeName;
  /** Tells this volume from an earlier or later one of the same name. */
  readonly id: string;
  /** Complete: what was asked for, filled up from the profile, the driver's defaults and the backend's own. */
  readonly options: Options;
  /** Only what the caller asked for, under canonical names. */
  readonly given: Options;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  /**
   * Only of a volume that was made of existing storage: what that has now, by the names of options. A repeated Create is compared
   * with it, as nobody chose it here. Not part of the record.
   */
  readonly actual?: Options;
  /** For an adopted directory: the mountpoint that it lay on then, if not `/`. Nothing mounted there: its disk is away. */
  readonly adoptedOn?: string | undefined;
  /** The number by which the storage counts and limits the space of its directory; of no meaning for anybody else. */
  readonly project?: number | undefined;
}

/** A recorded volume of which only the name can be read. It exists, and is left alone. */
export interface UnreadableVolume {
  readonly name: VolumeName;
  /** For users: what cannot be read, why, and the way out. */
  readonly unreadable: string;
}

/** A volume that exists under a name. */
export type KnownVolume = Volume | UnreadableVolume;

export function isUnreadable(volume: KnownVolume): volume is UnreadableVolume {
  return 'unreadable' in volume;
}

/** For a verb that needs more than the name. Throws `failed`, with the way out. */
export function requireReadable(volume: KnownVolume): Volume {
  if (!isUnreadable(volume)) return volume;
  throw new VolumeError('failed', volume.unreadable);
}

/** Whether both are the same volume, with the same options, and equally readable. */
export function sameVolume(a: KnownVolume | undefined, b: KnownVolume): boolean {
  if (a === undefined) return false;
  if (isUnreadable(a) || isUnreadable(b))
    return isUnreadable(a) && isUnreadable(b) && a.unreadable === b.unreadable;
  return a.id === b.id && sameOptions(a.options, b.options);
}

/** A removed volume, and until when its data is kept. */
export interface RemovedVolume {
  readonly volume: Volume;
  /** RFC 3339, UTC. */
  readonly removedAt: string;
  /** RFC 3339, UTC. Absent: its data is retained until an operator decides. */
  readonly purgeAfter?: string;
}

/**
 * What differs between a recorded volume and a repeated Create; undefined when nothing does.
 * A Create without options matches any volume: Mesos' Docker containerizer and dvdcli send it for volumes that exist.
 */
export function optionsDifference(recorded: Volume, asked: Volume): string | undefined {
  if (Object.keys(asked.given).length === 0) return undefined;
  if (sameOptions(recorded.given, asked.given)) return undefined;
  // What a copy has of its source, or a restored volume of its backup, is not known before the source is looked at.
  if (asked.given.from !== undefined || asked.given.restore !== undefined)
    return differenceFromActual(recorded, recorded.options, asked);
  if (recorded.actual !== undefined) return differenceFromActual(recorded, recorded.actual, asked);
  const keys = [...new Set([...Object.keys(recorded.options), ...Object.keys(asked.options)])].sort();
  const differing = keys.filter((key) => recorded.options[key] !== asked.options[key]);
  if (differing.length === 0) return undefined;
  return differing.map((key) => told(key, recorded.options[key], asked.options[key])).join('; ');
}

/** Only the caller's own options are compared: the rest of a plan is for new storage. */
function differenceFromActual(recorded: Volume, actual: Options, asked: Volume): string | undefined {
  const has = { ...recorded.options, ...actual };
  const differing = Object.keys(asked.given)
    .filter((key) => ![has[key], recorded.options[key]].includes(asked.options[key]))
    .sort();
  if (differing.length === 0) return undefined;
  return differing.map((key) => told(key, has[key], asked.options[key])).join('; ');
}

function sameOptions(a: Options, b: Options): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

function told(key: string, has: string | undefined, asked: string | undefined): string {
  const value = has === undefined ? 'not set' : JSON.stringify(has);
  return `${key} is ${value}, ${asked === undefined ? 'which is not asked for' : `not ${JSON.stringify(asked)}`}`;
}

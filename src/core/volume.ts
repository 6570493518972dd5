import type { VolumeName } from './names.ts';

/** Options of one volume, by their canonical names. Never holds a secret. */
export type Options = Readonly<Record<string, string>>;

/** A volume as its backend records it. */
export interface Volume {
  readonly name: VolumeName;
  /** Tells this volume from an earlier or later one of the same name. */
  readonly id: string;
  /** Complete: what was asked for, filled up from the profile, the driver's defaults and the backend's own. */
  readonly options: Options;
  /** Just what the caller asked for, under canonical names. */
  readonly given: Options;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
}

/** A volume that was removed, and what became of its data. */
export interface RemovedVolume {
  readonly volume: Volume;
  /** RFC 3339, UTC. */
  readonly removedAt: string;
  /** RFC 3339, UTC; absent: its data is retained until an operator decides. */
  readonly purgeAfter?: string;
}

/**
 * What differs between a recorded volume and a repeated Create; undefined when nothing does.
 * A Create without options matches any volume: Mesos' Docker containerizer and dvdcli send it for volumes that exist.
 */
export function optionsDifference(recorded: Volume, asked: Volume): string | undefined {
  if (Object.keys(asked.given).length === 0) return undefined;
  if (sameOptions(recorded.given, asked.given)) return undefined;
  const keys = [...new Set([...Object.keys(recorded.options), ...Object.keys(asked.options)])].sort();
  const differing = keys.filter((key) => recorded.options[key] !== asked.options[key]);
  if (differing.length === 0) return undefined;
  return differing
    .map((key) => `${key} is ${shown(recorded.options[key])}, not ${shown(asked.options[key])}`)
    .join('; ');
}

function sameOptions(a: Options, b: Options): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

function shown(value: string | undefined): string {
  return value === undefined ? 'not set' : JSON.stringify(value);
}

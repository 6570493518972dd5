import { VolumeError } from './volume-error.ts';

declare const volumeName: unique symbol;
declare const snapshotName: unique symbol;
declare const mountId: unique symbol;
declare const driverName: unique symbol;

/** A volume's name that was checked: safe as a file name and in a message. */
export type VolumeName = string & { readonly [volumeName]: true };
/** A snapshot's name that was checked, by the rule for volumes; unique within its volume. */
export type SnapshotName = string & { readonly [snapshotName]: true };
/** The caller's ID for one mount; `noMountId` stands for callers that send none (dvdcli, old engines). */
export type MountId = string & { readonly [mountId]: true };
/** The name that Docker uses, which is also the name of the socket. */
export type DriverName = string & { readonly [driverName]: true };

/** Leaves room for a suffix in a file name of at most 255 bytes. */
const longestName = 200;
/** Docker's is 64 characters; other clients may choose their own. */
const longestMountId = 256;
/** Docker's documented rule for names (`docker volume create` with its local driver). */
const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

export const noMountId = 'no-id' as MountId;

/** Throws `invalid` for anything else: the engine on Linux passes any bytes on (`../x`, `a/b`). */
export function parseVolumeName(value: unknown): VolumeName {
  return parseName(value, 'volume') as VolumeName;
}

/** Whether `parseVolumeName` takes it. */
export function isVolumeName(value: unknown): value is VolumeName {
  return typeof value === 'string' && value.length <= longestName && namePattern.test(value);
}

/** Throws `invalid`; a snapshot's name follows the same rule. */
export function parseSnapshotName(value: unknown): SnapshotName {
  return parseName(value, 'snapshot') as SnapshotName;
}

/** Throws `invalid`; a driver's name follows the same rule as a volume's. */
export function parseDriverName(value: unknown): DriverName {
  return parseName(value, 'driver') as DriverName;
}

/** Throws `invalid` for an ID that is not a printable string. A missing or empty ID is `noMountId`. */
export function parseMountId(value: unknown): MountId {
  if (value === undefined || value === null || value === '') return noMountId;
  if (typeof value !== 'string') throw new VolumeError('invalid', 'The mount ID must be a string.');
  if (value.length > longestMountId || !/^[\x21-\x7e]+$/.test(value)) {
    throw new VolumeError(
      'invalid',
      `The mount ID ${quote(value)} is not usable: give up to ${longestMountId} printable ASCII characters without spaces.`,
    );
  }
  return value as MountId;
}

function parseName(value: unknown, what: 'volume' | 'snapshot' | 'driver'): string {
  if (typeof value !== 'string') throw new VolumeError('invalid', `The ${what} name must be a string.`);
  if (value === '') throw new VolumeError('invalid', `The ${what} name is empty: give one.`);
  if (value.length > longestName) {
    throw new VolumeError(
      'invalid',
      `The ${what} name ${quote(value)} is ${value.length} characters long: use at most ${longestName}.`,
    );
  }
  if (!namePattern.test(value)) {
    throw new VolumeError(
      'invalid',
      `The ${what} name ${quote(value)} is not usable: use letters, digits, "_", "." and "-", beginning with a letter or a digit.`,
    );
  }
  return value;
}

/** Quotes a value of unknown origin for a message: escaped, and cut to a readable length. */
export function quote(value: string): string {
  const shown = value.length > 60 ? `${value.slice(0, 57)}...` : value;
  return JSON.stringify(shown).replace(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

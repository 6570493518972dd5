import { quote } from '../../../core/names.ts';
import { formatSize, parseSize } from '../../../core/sizes.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { flagValue } from '../../shared/options/values.ts';
import { mkfsWordsOfAny } from '../disk/mkfs-options.ts';

/** Checks of option values; each returns the normalised value and throws `invalid`. */

export const gibibyte = 1024 ** 3;

/** Whole GiB, as EC2 counts; a bare number is GiB, as users of REX-Ray and Marathon write it. */
export function diskSizeValue(text: string): string {
  const bytes = parseSize(text, 'GiB');
  if (bytes % gibibyte === 0) return formatSize(bytes);
  const whole = formatSize(Math.ceil(bytes / gibibyte) * gibibyte);
  throw new VolumeError('invalid', `${quote(text)} is not a whole number of GiB: write ${whole}.`);
}

export function countValue(text: string): string {
  if (/^[1-9]\d{0,6}$/.test(text)) return text;
  throw new VolumeError('invalid', `${quote(text)} is not a number: write it in digits, such as 3000.`);
}

/** A KMS key's ID, alias or ARN. */
export function keyValue(text: string): string {
  if (/^[\w:/-]{1,256}$/.test(text)) return text;
  throw new VolumeError(
    'invalid',
    `${quote(text)} is not a KMS key: give its ID, its ARN, or an alias such as alias/volumes.`,
  );
}

/** `snap-…`, or Convoy's `ebs://eu-central-1/snap-…`. */
export function snapshotValue(text: string): string {
  const id = /^(?:ebs:\/\/[a-z0-9-]+\/)?(snap-[0-9a-f]{8,17})$/.exec(text)?.[1];
  if (id !== undefined) return id;
  throw new VolumeError(
    'invalid',
    `${quote(text)} is not an EBS snapshot: give its ID, such as snap-0123456789abcdef0.`,
  );
}

export function volumeIdValue(text: string): string {
  if (/^vol-[0-9a-f]{8,17}$/.test(text)) return text;
  throw new VolumeError(
    'invalid',
    `${quote(text)} is not an EBS volume: give its ID, such as vol-0123456789abcdef0.`,
  );
}

export function zoneValue(text: string): string {
  if (/^[a-z0-9-]+$/.test(text)) return text;
  throw new VolumeError(
    'invalid',
    `${quote(text)} is not an availability zone: write it as AWS does, such as eu-central-1a.`,
  );
}

/** Passed to mkfs as a list of arguments; whether they fit the file system is checked once its type is known. */
export function mkfsOptionsValue(text: string): string {
  return mkfsWordsOfAny(text).join(' ');
}

/** A path below the root of the file system, without leading or trailing slash; "/" is the root itself. */
export function rootPathValue(text: string): string {
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  // Refused before any normalising: `a/../../b` must not be read as something harmless.
  if (parts.includes('..'))
    throw new VolumeError('invalid', `${quote(text)} has a ".." in it: write the path without.`);
  return parts.length === 0 ? '/' : parts.join('/');
}

/** How REX-Ray and Marathon ask to format over existing data. */
export function overwriteValue(text: string): string {
  if (flagValue(text) === 'false') return 'false';
  throw new VolumeError(
    'invalid',
    'Holdfast never formats what may have data on it; a blank volume is formatted without being told: leave it out.',
  );
}

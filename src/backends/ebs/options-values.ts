import { quote } from '../../core/names.ts';
import { formatSize, parseSize } from '../../core/sizes.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { flagValue } from '../shared/option-values.ts';
import { mkfsWords } from './disk-mkfs-options.ts';

/** What option values may be; each returns the one spelling of its meaning and throws `invalid`. */

export const gibibyte = 1024 ** 3;

/** Whole GiB, as EC2 counts; a bare number is GiB, as users of REX-Ray and Marathon write it. */
export function diskSizeValue(text: string): string {
  const bytes = parseSize(/^\s*\d+\s*$/.test(text) ? `${text.trim()}GiB` : text);
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
    `${quote(text)} is no KMS key: give its ID, its ARN, or an alias such as alias/volumes.`,
  );
}

/** `snap-…`, or Convoy's `ebs://eu-central-1/snap-…`. */
export function snapshotValue(text: string): string {
  const id = /^(?:ebs:\/\/[a-z0-9-]+\/)?(snap-[0-9a-f]{8,17})$/.exec(text)?.[1];
  if (id !== undefined) return id;
  throw new VolumeError(
    'invalid',
    `${quote(text)} is no EBS snapshot: give its ID, such as snap-0123456789abcdef0.`,
  );
}

export function volumeIdValue(text: string): string {
  if (/^vol-[0-9a-f]{8,17}$/.test(text)) return text;
  throw new VolumeError(
    'invalid',
    `${quote(text)} is no EBS volume: give its ID, such as vol-0123456789abcdef0.`,
  );
}

export function zoneValue(text: string): string {
  if (/^[a-z0-9-]+$/.test(text)) return text;
  throw new VolumeError(
    'invalid',
    `${quote(text)} is no availability zone: write it as AWS does, such as eu-central-1a.`,
  );
}

/** Passed to mkfs as a list of arguments. */
export function mkfsOptionsValue(text: string): string {
  return mkfsWords(text).join(' ');
}

/** A path below the root of the file system, without a slash at either end; "/" is that root itself. */
export function rootPathValue(text: string): string {
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  // Refused before any normalising: `a/../../b` must not be read as something harmless.
  if (parts.includes('..'))
    throw new VolumeError('invalid', `${quote(text)} has a ".." in it: write the path without.`);
  return parts.length === 0 ? '/' : parts.join('/');
}

/** REX-Ray's and Marathon's way to format over what is there. */
export function overwriteValue(text: string): string {
  if (flagValue(text) === 'false') return 'false';
  throw new VolumeError(
    'invalid',
    'Holdfast never formats what may have data on it; a blank volume is formatted without being told: leave it out.',
  );
}

/** What Holdfast decides itself, or mount(8) alone understands. */
const reservedMountOptions: ReadonlyMap<string, string> = new Map([
  ...['ro', 'rw'].map((word) => [word, 'write the option readOnly'] as const),
  ...['bind', 'rbind', 'move', 'remount', 'loop', 'offset', 'sizelimit'].map(
    (word) => [word, 'Holdfast decides how its mounts are made'] as const,
  ),
  ...['auto', 'noauto', 'user', 'users', 'nouser', 'owner', 'group', 'nofail', '_netdev'].map(
    (word) => [word, 'it belongs in /etc/fstab'] as const,
  ),
  ...['logdev', 'rtdev', 'journal_dev', 'journal_path'].map(
    (word) => [word, 'it leads to another device'] as const,
  ),
]);

/** Comma-separated, as after `mount -o`; what the file system makes of them shows when it is mounted. */
export function diskMountOptionsValue(text: string): string {
  const words = text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  for (const word of words) checkMountOption(word);
  return [...new Set(words)].join(',');
}

function checkMountOption(word: string): void {
  const name = word.split('=')[0] ?? word;
  if (!/^[a-z_][\w.-]*(=[\w.:/+-]+)?$/i.test(word)) {
    throw new VolumeError('invalid', `${quote(word)} is no mount option: write them as noatime,discard.`);
  }
  const reason = name.startsWith('x-')
    ? 'it belongs in /etc/fstab'
    : reservedMountOptions.get(name.toLowerCase());
  if (reason === undefined) return;
  throw new VolumeError('invalid', `${quote(word)} cannot be given: ${reason}.`);
}

import { parseSnapshotName, parseVolumeName, type SnapshotName, type VolumeName } from './names.ts';
import { VolumeError } from './volume-error.ts';

/**
 * A name of the Container Storage Interface may have any characters (at most 128 bytes of UTF-8); that of a volume or a
 * snapshot may not. A valid name is used unchanged. Any other one becomes this prefix and its bytes in base64url, at most 175
 * characters. So every host and every backend can restore the requested name from the name alone.
 */
const prefix = 'csi.';

/** Bytes, by the specification: "the maximum length of a string is 128 bytes". */
const longest = 128;

/** Control characters, which the specification forbids in names, and what stands for bytes that are not UTF-8. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffd]/;

/** The volume's name for a name or ID of the interface. Throws `invalid`. Equal names give equal names, others never do. */
export function volumeNameOf(csiName: string): VolumeName {
  return parseVolumeName(plainName(csiName, 'volume'));
}

/** The same for a snapshot: both kinds of names follow one rule. */
export function snapshotNameOf(csiName: string): SnapshotName {
  return parseSnapshotName(plainName(csiName, 'snapshot'));
}

function plainName(csiName: string, what: 'volume' | 'snapshot'): string {
  if (isVolumeName(csiName) && csiNameOf(csiName) === csiName) return csiName;
  if (csiName === '') throw new VolumeError('invalid', `The name of the ${what} is empty: give one.`);
  if (forbidden.test(csiName))
    throw new VolumeError(
      'invalid',
      `The name of the ${what} has control characters, or bytes that are not UTF-8: leave them out.`,
    );
  const bytes = Buffer.from(csiName);
  if (bytes.length > longest)
    throw new VolumeError(
      'invalid',
      `The name of the ${what} is ${bytes.length} bytes long: use at most ${longest}.`,
    );
  return `${prefix}${bytes.toString('base64url')}`;
}

/** The CSI name of a volume, which is also its ID there, or of a snapshot. */
export function csiNameOf(name: string): string {
  if (!name.startsWith(prefix)) return name;
  const bytes = Buffer.from(name.slice(prefix.length), 'base64url');
  const text = bytes.toString();
  const isEscaped =
    bytes.length <= longest &&
    `${prefix}${Buffer.from(text).toString('base64url')}` === name &&
    !forbidden.test(text) &&
    needsEscape(text);
  return isEscaped ? text : name;
}

/** Not a volume's name, or one that reads as an escaped one. */
function needsEscape(text: string): boolean {
  return text !== '' && (!isVolumeName(text) || csiNameOf(text) !== text);
}

function isVolumeName(text: string): text is VolumeName {
  try {
    return parseVolumeName(text) === text;
  } catch {
    return false;
  }
}

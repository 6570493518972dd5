import { quote } from '../../../core/names.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { ownDirectory } from '../recorded/own-layout.ts';

/** Stands for the volume's name in `subdir`. */
export const namePlaceholder = `$\{name}`;

/** A path below the root of a share, without leading or trailing slash. Throws `invalid` for the root and for a path that leads out of it. */
export function insidePath(text: string): string {
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  // Refused before any normalising: `a/../../b` must not be read as something harmless.
  if (parts.includes('..'))
    throw new VolumeError('invalid', `${quote(text)} has a ".." in it: write the path without.`);
  if (parts.length === 0)
    throw new VolumeError('invalid', `${quote(text)} is the root of the share: name a directory below it.`);
  if (parts[0] === ownDirectory)
    throw new VolumeError('invalid', `${quote(text)} is Holdfast's own directory: choose another one.`);
  return parts.join('/');
}

import { quote } from '../../../core/names.ts';
import { formatSize, parseSize } from '../../../core/sizes.ts';
import { VolumeError } from '../../../core/volume-error.ts';

/** Checks of option values; each returns the normalised value and throws `invalid`. */

const largestId = 2 ** 32 - 2;

/** "1g" becomes "1GiB". */
export function sizeValue(text: string): string {
  return formatSize(parseSize(text));
}

/** The number of a user or group; names differ between hosts. */
export function idValue(text: string): string {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (id <= largestId) return `${id}`;
  throw new VolumeError('invalid', `${quote(text)} is not an ID: give a number from 0 to ${largestId}.`);
}

/** `-o ro` without a value means true. */
export function flagValue(text: string): string {
  const word = text.toLowerCase();
  if (['', '1', 'true', 'yes', 'on'].includes(word)) return 'true';
  if (['0', 'false', 'no', 'off'].includes(word)) return 'false';
  throw new VolumeError('invalid', `${quote(text)} is neither true nor false: write one of them.`);
}

/** One of several words; case does not matter. */
export function wordValue(words: readonly string[]): (text: string) => string {
  return (text) => {
    const word = text.toLowerCase();
    if (words.includes(word)) return word;
    throw new VolumeError('invalid', `${quote(text)} is not known: choose one of ${words.join(', ')}.`);
  };
}

/** An absolute path without `..`, never `/`. Symlinks are not resolved. */
export function pathValue(text: string): string {
  const path = absolutePath(text);
  if (path !== '/') return path;
  throw new VolumeError('invalid', 'The root directory "/" cannot be used: name one below it.');
}

/** The same, or `/`, in its normal form. Throws `invalid`. */
export function absolutePath(text: string): string {
  if (!text.startsWith('/'))
    throw new VolumeError('invalid', `${quote(text)} is not absolute: begin it with "/".`);
  if (/\p{Cc}/u.test(text))
    throw new VolumeError('invalid', `${quote(text)} has a control character: leave it out.`);
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  // Refused before any normalising: `/allowed/../etc` must not be read as something harmless.
  if (parts.includes('..'))
    throw new VolumeError('invalid', `${quote(text)} has a ".." in it: write the path without.`);
  return `/${parts.join('/')}`;
}

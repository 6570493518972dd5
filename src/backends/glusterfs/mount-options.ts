import { quote } from '../../core/names.ts';
import { nearest } from '../../core/nearest.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { mountOptionValues, refusedMountOptions, type Values } from './known-mount-options.ts';

/**
 * Options of mount.glusterfs(8), comma-separated: each once and in one spelling, in alphabetical order, so that equal
 * meanings are equal texts. Throws `invalid`, naming the option.
 */
export function readMountOptions(text: string): readonly string[] {
  const words = text.split(',').filter((word) => word.trim() !== '');
  return combine(words.map((word) => readOption(word.trim())));
}

/** The later ones win over earlier ones of the same name. */
export function layMountOptions(under: readonly string[], over: readonly string[]): readonly string[] {
  return [...new Map([...under, ...over].map((option) => [nameOf(option), option])).values()];
}

/** What is not known is an error: mount.glusterfs says nothing of some of it, and mounts nothing. */
function readOption(word: string): string {
  const at = word.indexOf('=');
  const name = (at < 0 ? word : word.slice(0, at)).toLowerCase();
  const value = at < 0 ? undefined : word.slice(at + 1);
  const values = mountOptionValues.get(name);
  if (values === undefined) throw notTaken(name);
  return values === 'flag' ? flag(name, value) : `${name}=${checked(name, value, values)}`;
}

function combine(options: readonly string[]): readonly string[] {
  const byName = new Map<string, string>();
  for (const option of options) {
    const earlier = byName.get(nameOf(option));
    if (earlier !== undefined && earlier !== option) {
      throw new VolumeError(
        'invalid',
        `${quote(earlier)} and ${quote(option)} contradict each other: give one of them.`,
      );
    }
    byName.set(nameOf(option), option);
  }
  return [...byName.values()].sort();
}

function nameOf(option: string): string {
  return option.split('=', 1)[0] ?? option;
}

/** mount.glusterfs takes these without a value only, or mounts nothing: `fopen-keep-cache=on`. */
function flag(name: string, value: string | undefined): string {
  if (value === undefined || ['on', 'yes', 'true', '1', 'enable'].includes(value)) return name;
  throw new VolumeError('invalid', `${quote(name)} takes no value: write it alone, or leave it out.`);
}

function checked(name: string, value: string | undefined, { read, example }: Values): string {
  const normal = value === undefined ? undefined : read(value);
  if (normal !== undefined) return normal;
  const said = value === undefined ? 'needs a value' : `cannot be ${quote(value)}`;
  throw new VolumeError('invalid', `${quote(name)} ${said}: write ${name}=${example}.`);
}

function notTaken(name: string): VolumeError {
  const refused = refusedMountOptions.get(name);
  if (refused !== undefined) return new VolumeError('invalid', `${quote(name)} cannot be given: ${refused}.`);
  const names = [...mountOptionValues.keys()];
  const meant = nearest(name, names);
  const hint = meant === undefined ? '' : ` Did you mean ${quote(meant)}?`;
  return new VolumeError(
    'invalid',
    `${quote(name)} is no option of mount.glusterfs that can be given here.${hint} Those are ${names.join(', ')}.`,
  );
}

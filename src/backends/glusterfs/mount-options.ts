import { quote } from '../../core/names.ts';
import { nearest } from '../../core/nearest.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { mountOptionValues, refusedMountOptions } from './known-mount-options.ts';

/** Each once, in alphabetical order, comma-separated: `acl,lru-limit=1000`. Throws `invalid`, naming the option. */
export function mountOptionsValue(text: string): string {
  const words = text.split(',').filter((word) => word.trim() !== '');
  return combine(words.map((word) => mountOption(word.trim()))).join(',');
}

/** One option of mount.glusterfs(8), in its one spelling. Throws `invalid` for what it does not know or must not be given. */
export function mountOption(text: string): string {
  const at = text.indexOf('=');
  const name = at < 0 ? text : text.slice(0, at);
  const value = at < 0 ? undefined : text.slice(at + 1);
  const values = mountOptionValues.get(name);
  if (values === undefined) throw notTaken(name);
  return values === 'flag' ? flag(name, value) : `${name}=${checked(name, value, values)}`;
}

/** The later ones win over earlier ones of the same name. */
export function layMountOptions(under: readonly string[], over: readonly string[]): readonly string[] {
  return [...new Map([...under, ...over].map((option) => [nameOf(option), option])).values()];
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

function checked(
  name: string,
  value: string | undefined,
  { read, example }: { read(value: string): string | undefined; readonly example: string },
): string {
  const read_ = value === undefined ? undefined : read(value);
  if (read_ !== undefined) return read_;
  const said = value === undefined ? 'needs a value' : `cannot be ${quote(value)}`;
  throw new VolumeError('invalid', `${quote(name)} ${said}: write it as ${name}=${example}.`);
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

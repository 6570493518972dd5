import { quote } from '../../core/names.ts';
import { nearest } from '../../core/nearest.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { flagPlaces, valuedOptions } from './known-mount-options.ts';
import { whyRefused } from './refused-mount-options.ts';

/** Words that say what holds anyway, or nothing since Linux 2.6.25 (nfs(5)): old habits of many configurations. */
const idle: readonly string[] = ['fg', 'intr', 'nointr', 'defaults'];
const actimeoParts: readonly string[] = ['acdirmax', 'acdirmin', 'acregmax', 'acregmin'];

/**
 * Options of nfs(5), comma-separated: each once and in one spelling, in alphabetical order, so that equal meanings are equal
 * texts. Throws `invalid`, naming the option.
 */
export function readMountOptions(text: string): readonly string[] {
  const words = text.split(',').filter((word) => word.trim() !== '');
  const options = words.flatMap((word) => readOption(word.trim()));
  const byPlace = new Map<string, string>();
  for (const option of options) {
    const earlier = byPlace.get(placeOf(option));
    if (earlier !== undefined && earlier !== option) {
      throw new VolumeError(
        'invalid',
        `${quote(earlier)} and ${quote(option)} contradict each other: give one of them.`,
      );
    }
    byPlace.set(placeOf(option), option);
  }
  return [...byPlace.values()].sort();
}

export function mountOptionsValue(text: string): string {
  return readMountOptions(text).join(',');
}

/** Those of `over` win over what contradicts them. */
export function layMountOptions(under: readonly string[], over: readonly string[]): readonly string[] {
  return [...new Map([...under, ...over].map((option) => [placeOf(option), option])).values()];
}

/** Of "timeo=50": "timeo"; of "nocto": "cto". */
export function placeOf(option: string): string {
  const name = option.split('=', 1)[0] ?? option;
  return flagPlaces.get(name) ?? name;
}

/** What may cost data, in words; nothing here is refused. */
export function mountOptionWarnings(options: readonly string[]): readonly string[] {
  return options.flatMap((option) => {
    if (option === 'soft' || option === 'softerr')
      return [`${option}: when the server does not answer in time, writes are lost; use hard`];
    if (/^proto=udp/.test(option))
      return [`${option}: on fast networks data is damaged silently; use proto=tcp`];
    if (option === 'nolock' || /^local_lock=(all|flock|posix)$/.test(option))
      return [`${option}: with NFS 3 a lock is seen on its own host only`];
    return [];
  });
}

function readOption(word: string): readonly string[] {
  const option = renamed(word);
  const [, name = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(option) ?? [];
  const known = name.toLowerCase();
  if (value === undefined && idle.includes(known)) return [];
  if (value === undefined && flagPlaces.has(known)) return [known];
  const values = valuedOptions.get(known);
  if (values === undefined) throw notTaken(known, value);
  const normal = value === undefined ? undefined : values.read(value);
  if (normal === undefined) throw badValue(known, value, values.example);
  if (known === 'actimeo') return actimeoParts.map((part) => `${part}=${normal}`);
  return [`${known}=${normal}`];
}

/** Other spellings that nfs(5) has for the same. */
function renamed(word: string): string {
  if (/^(tcp6?|udp6?|rdma6?)$/i.test(word)) return `proto=${word.toLowerCase()}`;
  return word.replace(/^v(\d[\d.]*)$/i, 'vers=$1').replace(/^nfsvers=/i, 'vers=');
}

function badValue(name: string, value: string | undefined, example: string): VolumeError {
  const said = value === undefined ? 'needs a value' : `cannot be ${quote(value)}`;
  return new VolumeError('invalid', `${quote(name)} ${said}: write ${name}=${example}.`);
}

function notTaken(name: string, value: string | undefined): VolumeError {
  const why = whyRefused(name);
  if (why !== undefined) return new VolumeError('invalid', `${quote(name)} cannot be given: ${why}.`);
  if (value !== undefined && flagPlaces.has(name))
    return new VolumeError('invalid', `${quote(name)} takes no value: write it alone, or leave it out.`);
  const meant = nearest(name, [...flagPlaces.keys(), ...valuedOptions.keys()]);
  const hint = meant === undefined ? 'nfs(5) lists them.' : `did you mean ${quote(meant)}?`;
  return new VolumeError('invalid', `${quote(name)} is no option of nfs(5) that can be given here: ${hint}`);
}

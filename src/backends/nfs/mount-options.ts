import { quote } from '../../core/names.ts';
import { nearest } from '../../core/nearest.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { withValue } from '../shared/network-share/mount-option-values.ts';
import { createMountOptions, idleMountWords, nameOf } from '../shared/network-share/mount-options.ts';
import { flagPlaces, valuedOptions } from './known-mount-options.ts';
import { whyRefused } from './refused-mount-options.ts';

/** Words for defaults, or without effect since Linux 2.6.25 (nfs(5)): old habits in many configurations. */
const idle: readonly string[] = ['fg', 'intr', 'nointr', ...idleMountWords];
const actimeoParts: readonly string[] = ['acdirmax', 'acdirmin', 'acregmax', 'acregmin'];

/** Options of nfs(5). */
export const nfsMountOptions = createMountOptions({ readWord, placeOf });

/** "timeo" for "timeo=50", "cto" for "nocto". */
export function placeOf(option: string): string {
  const name = nameOf(option);
  return flagPlaces.get(name) ?? name;
}

/** Warnings, in words, about options that may lose data; none of them is refused. */
export function mountOptionWarnings(options: readonly string[]): readonly string[] {
  return options.flatMap((option) => {
    if (option === 'soft' || option === 'softerr')
      return [`${option}: if the server does not answer in time, writes are lost; use hard`];
    if (/^proto=udp/.test(option))
      return [`${option}: on fast networks data is damaged silently; use proto=tcp`];
    if (option === 'nolock' || /^local_lock=(all|flock|posix)$/.test(option))
      return [`${option}: with NFS 3, locks are seen only on their own host`];
    return [];
  });
}

function readWord(word: string): readonly string[] {
  const [, name = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(renamed(word)) ?? [];
  const known = name.toLowerCase();
  if (value === undefined && idle.includes(known)) return [];
  if (value === undefined && flagPlaces.has(known)) return [known];
  const values = valuedOptions.get(known);
  if (values === undefined) throw notTaken(known, value);
  const option = withValue(known, value, values);
  return known === 'actimeo' ? actimeoParts.map((part) => option.replace(known, part)) : [option];
}

/** Normalises other spellings that nfs(5) allows. */
function renamed(word: string): string {
  if (/^(tcp6?|udp6?|rdma6?)$/i.test(word)) return `proto=${word.toLowerCase()}`;
  return word.replace(/^v(\d[\d.]*)$/i, 'vers=$1').replace(/^nfsvers=/i, 'vers=');
}

function notTaken(name: string, value: string | undefined): VolumeError {
  const why = whyRefused(name);
  if (why !== undefined) return new VolumeError('invalid', `${quote(name)} cannot be given: ${why}.`);
  if (value !== undefined && flagPlaces.has(name))
    return new VolumeError('invalid', `${quote(name)} takes no value: write it alone, or leave it out.`);
  const meant = nearest(name, [...flagPlaces.keys(), ...valuedOptions.keys()]);
  const hint = meant === undefined ? 'nfs(5) lists them.' : `did you mean ${quote(meant)}?`;
  return new VolumeError(
    'invalid',
    `${quote(name)} is not an option of nfs(5) that can be given here: ${hint}`,
  );
}

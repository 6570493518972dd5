import { quote } from '../../core/names.ts';
import { nearest } from '../../core/nearest.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { withValue } from '../shared/share/mount-option-values.ts';
import { createMountOptions, nameOf } from '../shared/share/mount-options.ts';
import { mountOptionValues } from './known-mount-options.ts';
import { refusedMountOptions } from './refused-mount-options.ts';

/** Options of mount.glusterfs(8). */
export const glusterfsMountOptions = createMountOptions({ readWord, placeOf: nameOf });

/** What is not known is an error: mount.glusterfs says nothing of some of it, and mounts nothing. */
function readWord(word: string): readonly string[] {
  const at = word.indexOf('=');
  const name = (at < 0 ? word : word.slice(0, at)).toLowerCase();
  const value = at < 0 ? undefined : word.slice(at + 1);
  const values = mountOptionValues.get(name);
  if (values === undefined) throw notTaken(name);
  return [values === 'flag' ? flag(name, value) : withValue(name, value, values)];
}

/** mount.glusterfs takes these without a value only, or mounts nothing: `fopen-keep-cache=on`. */
function flag(name: string, value: string | undefined): string {
  if (value === undefined || ['on', 'yes', 'true', '1', 'enable'].includes(value)) return name;
  throw new VolumeError('invalid', `${quote(name)} takes no value: write it alone, or leave it out.`);
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

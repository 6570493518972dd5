import { quote } from '../../core/names.ts';
import { nearest } from '../../core/nearest.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { withValue } from '../shared/network-share/mount-option-values.ts';
import { createMountOptions, idleMountWords, nameOf } from '../shared/network-share/mount-options.ts';
import { mountOptionValues } from './known-mount-options.ts';
import { refusedMountOptions } from './refused-mount-options.ts';

/** Options of mount.glusterfs(8). */
export const glusterfsMountOptions = createMountOptions({ readWord, placeOf: nameOf });

/** An unknown option is an error: mount.glusterfs silently ignores some, and with others it does not mount. */
function readWord(word: string): readonly string[] {
  const at = word.indexOf('=');
  const name = (at < 0 ? word : word.slice(0, at)).toLowerCase();
  const value = at < 0 ? undefined : word.slice(at + 1);
  if (value === undefined && idleMountWords.includes(name)) return [];
  const values = mountOptionValues.get(name);
  if (values === undefined) throw notTaken(name);
  if (name === 'xlator-option') refuseElsewhere(value ?? '');
  return [values === 'flag' ? flag(name, value) : withValue(name, value, values)];
}

/**
 * Translator options that lead to other servers, bricks or files than the driver's settings (`remote-host` of a client translator),
 * or that set the client's identity.
 */
const elsewhere =
  /(^|-)(remote|transport|volfile|host|port|server|servers|subvolume|address|path|file|dir|directory|dump|log|ssl|user|username|password|auth)(-|$)/;

function refuseElsewhere(option: string): void {
  const key = /^[^.]*\.([^=]*)/.exec(option)?.[1]?.toLowerCase() ?? '';
  if (!elsewhere.test(key)) return;
  throw new VolumeError(
    'invalid',
    `${quote(`xlator-option=${option}`)} cannot be given: ${quote(key)} leads to other servers or files than those of the driver's settings.`,
  );
}

/** mount.glusterfs takes these only without a value; with one (`fopen-keep-cache=on`) it does not mount. */
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
    `${quote(name)} is not an option of mount.glusterfs that can be given here.${hint} Those are ${names.join(', ')}.`,
  );
}

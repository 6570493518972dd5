import type { Volume } from '../../core/volume.ts';
import type { Owner } from '../../host/host.ts';
import type { OptionRule } from './option-table.ts';
import { flagValue, idValue, modeValue } from './option-values.ts';

/** Owner, permissions and access of a volume that has a directory, alike in every backend. */
export const directoryRules: readonly OptionRule[] = [
  {
    name: 'uid',
    aliases: [],
    description: 'The owner of a new volume, as a number. Default 0.',
    example: 'uid=1000',
    normalise: idValue,
  },
  {
    name: 'gid',
    aliases: [],
    description: 'The group of a new volume, as a number. Default 0.',
    example: 'gid=1000',
    normalise: idValue,
  },
  {
    name: 'mode',
    aliases: [],
    description: 'The permissions of a new volume, in octal. Default 0755.',
    example: 'mode=0750',
    normalise: modeValue,
  },
  {
    name: 'readOnly',
    aliases: ['ro'],
    description: 'Mounts the volume read-only. Default false.',
    example: 'readOnly=true',
    normalise: flagValue,
  },
];

/** Owner and mode of a new volume. */
export function ownerOf({ options }: Volume): Owner {
  return {
    uid: Number(options.uid ?? 0),
    gid: Number(options.gid ?? 0),
    mode: Number.parseInt(options.mode ?? '755', 8),
  };
}

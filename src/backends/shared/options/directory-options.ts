import type { Volume } from '../../../core/volume.ts';
import type { BindFlag, Owner } from '../../../host/host.ts';
import { modeValue } from './mode-value.ts';
import type { OptionRule } from './table.ts';
import { flagValue, idValue } from './values.ts';

const restrictions = [
  ['nosuid', 'Set-user-ID bits of files in the volume have no effect'],
  ['nodev', 'Device files in the volume cannot be opened'],
  ['noexec', 'Programs in the volume cannot be run'],
] as const;

/** Owner, permissions and access of a volume that has a directory; the same in every backend. */
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
    opposites: ['rw'],
    description: 'Mounts the volume read-only; `rw` means the opposite. Default false.',
    example: 'readOnly=true',
    normalise: flagValue,
  },
  ...restrictions.map(([name, what]) => ({
    name,
    aliases: [],
    opposites: [name.slice('no'.length)],
    description: `${what}, in every container and on the host. Default false.`,
    example: `${name}=true`,
    normalise: flagValue,
  })),
];

/** The flags of a volume's bind. */
export function bindFlagsOf({ options }: Pick<Volume, 'options'>): readonly BindFlag[] {
  const wanted = restrictions.map(([name]) => name).filter((name) => options[name] === 'true');
  return options.readOnly === 'true' ? ['ro', ...wanted] : wanted;
}

/** The volume as it is shown where nobody may write. */
export function readOnly(volume: Volume): Volume {
  return { ...volume, options: { ...volume.options, readOnly: 'true' } };
}

/** The options that `bindFlagsOf` reads. */
export const bindOptions: readonly string[] = ['readOnly', ...restrictions.map(([name]) => name)];

export function isRestriction(name: string): boolean {
  return restrictions.some(([known]) => known === name);
}

/** Owner and mode of a new volume. */
export function ownerOf({ options }: Volume): Owner {
  return {
    uid: Number(options.uid ?? 0),
    gid: Number(options.gid ?? 0),
    mode: Number.parseInt(options.mode ?? '755', 8),
  };
}

import { parseSize } from '../../core/sizes.ts';
import type { Options, Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { type CompletedOptions, origins } from '../shared/complete-options.ts';
import { directoryRules } from '../shared/directory-options.ts';
import { createOptionTable } from '../shared/option-table.ts';
import { pathValue, sizeValue, wordValue } from '../shared/option-values.ts';

export const localOptions = createOptionTable([
  {
    name: 'path',
    aliases: ['mountpoint'],
    description:
      'Adopts this existing directory, below one of `allowedRoots`, as it is. Without it the volume is a new directory.',
    example: 'path=/srv/data/photos',
    normalise: pathValue,
  },
  {
    name: 'size',
    aliases: [],
    description:
      'Makes the volume a file system of this size in an image file; the size is enforced. Without it: no limit.',
    example: 'size=10GiB',
    normalise: sizeValue,
  },
  {
    name: 'fsType',
    aliases: ['newFSType', 'fs'],
    description: 'The file system of a volume with `size`: `ext4` (the default) or `xfs`.',
    example: 'fsType=xfs',
    normalise: wordValue(['ext4', 'xfs']),
  },
  ...directoryRules,
]);

export const builtInOptions: Options = {
  fsType: 'ext4',
  uid: '0',
  gid: '0',
  mode: '0755',
  readOnly: 'false',
};

const leastSize: Readonly<Record<string, number>> = {
  // mkfs.ext4 makes a journal from 2 MiB on, which leaves hardly anything for data.
  ext4: parseSize('8MiB'),
  // mkfs.xfs refuses less.
  xfs: parseSize('300MiB'),
};

/** What a volume is, as its options say. */
export function kindOf(volume: Volume): 'adopted' | 'image' | 'directory' {
  if (volume.options.path !== undefined) return 'adopted';
  return volume.options.size === undefined ? 'directory' : 'image';
}

/** Leaves out what does not apply to the volume's kind, and refuses what was asked for and does not apply. Throws `invalid`. */
export function fitOptions(
  where: string,
  completed: CompletedOptions,
  allowedRoots: readonly string[],
): Options {
  const { options } = completed;
  if (options.path !== undefined) return fitAdopted(where, completed, options.path, allowedRoots);
  if (options.size === undefined) return fitDirectory(where, completed);
  const fsType = options.fsType ?? 'ext4';
  const least = leastSize[fsType] ?? 0;
  if (parseSize(options.size) >= least) return options;
  throw new VolumeError(
    'invalid',
    `${where}, option size: ${options.size} is too small for ${fsType}: give at least ${sizeValue(`${least}`)}.`,
  );
}

function fitAdopted(
  where: string,
  { options, origin }: CompletedOptions,
  path: string,
  allowedRoots: readonly string[],
): Options {
  const strength = (name: string) => origins.indexOf(origin.get(name) ?? 'built-in');
  const beside = ['size', 'fsType', 'uid', 'gid', 'mode'].filter(
    (name) => strength(name) <= strength('path'),
  );
  if (beside.length > 0) {
    throw new VolumeError(
      'invalid',
      `${where}: ${beside.join(', ')} cannot stand beside path: an existing directory is taken as it is. Leave out one or the other.`,
    );
  }
  if (allowedRoots.length === 0) {
    throw new VolumeError(
      'invalid',
      `${where}, option path: this driver allows no paths: add the directory above ${path} to \`allowedRoots\` in its settings.`,
    );
  }
  return { path, readOnly: options.readOnly ?? 'false' };
}

function fitDirectory(where: string, { options, given }: CompletedOptions): Options {
  if (given.fsType !== undefined) {
    throw new VolumeError(
      'invalid',
      `${where}, option fsType: it needs a size: add \`-o size=1GiB\`, or leave it out.`,
    );
  }
  const { fsType: _, ...rest } = options;
  return rest;
}

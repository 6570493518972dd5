import type { Options } from '../../../core/volume.ts';
import { directoryRules } from '../options/directory-options.ts';
import { copyRules } from '../options/from-option.ts';
import type { OptionRule } from '../options/table.ts';
import { flagValue, sizeValue, wordValue } from '../options/values.ts';
import { insidePath, namePlaceholder } from './inside-path.ts';

/** The words that differ between the two kinds of share. */
export type OwnRule = Omit<OptionRule, 'name'>;

/** The options of a volume that is a directory on a share. */
export function shareOptionRules(own: {
  readonly share: OwnRule;
  readonly mountOptions: OwnRule;
  readonly size: SizeWords;
}): readonly OptionRule[] {
  return [
    {
      name: 'subdir',
      aliases: [],
      description: `The directory of a new volume, below the share; \`${namePlaceholder}\` stands for the volume's name. Default \`${namePlaceholder}\`.`,
      example: `subdir=team-a/${namePlaceholder}`,
      normalise: insidePath,
    },
    {
      name: 'path',
      aliases: [],
      description:
        'Adopts this existing directory of the share as it is. Removing the volume leaves it alone.',
      example: 'path=legacy/photos',
      normalise: insidePath,
    },
    { name: 'share', ...own.share },
    {
      name: 'create',
      aliases: [],
      description: 'With `path` or `share`: creates the directory if it is missing. Default false.',
      example: 'create=true',
      normalise: flagValue,
    },
    ...directoryRules,
    {
      name: 'isolation',
      aliases: [],
      description:
        '`driver`: the volume is a bind of its directory from the one mount of the driver, which costs almost nothing. ' +
        '`volume`: a mount of its own, with its own client. Default `driver`, or `volume` if `mountOptions` are given.',
      example: 'isolation=volume',
      normalise: wordValue(['driver', 'volume']),
    },
    { name: 'mountOptions', ...own.mountOptions },
    ...copyRules,
    {
      name: 'size',
      aliases: [],
      description: own.size.description,
      example: 'size=10GiB',
      normalise: sizeValue,
    },
    {
      name: 'sizeMode',
      aliases: [],
      description: own.size.modes,
      example: `sizeMode=${own.size.words[0]}`,
      normalise: wordValue(own.size.words),
    },
  ];
}

/** What a kind of share can do about sizes. */
interface SizeWords {
  readonly description: string;
  /** Describes `words`, the values of `sizeMode`. */
  readonly modes: string;
  readonly words: readonly string[];
}

export const sizesRecorded: SizeWords = {
  description: 'A share cannot enforce a size: refused, unless `sizeMode=advisory`, which only records it.',
  modes: '`advisory` accepts a `size` that is not enforced.',
  words: ['advisory'],
};

export const builtInShareOptions: Options = {
  subdir: namePlaceholder,
  create: 'false',
  uid: '0',
  gid: '0',
  mode: '0755',
  readOnly: 'false',
  isolation: 'driver',
};

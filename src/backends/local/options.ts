import { parseSize } from '../../core/sizes.ts';
import type { Options, Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { fileSystems } from '../shared/file-system/format.ts';
import { type CompletedOptions, origins } from '../shared/options/complete-options.ts';
import { directoryRules } from '../shared/options/directory-options.ts';
import { copyRules } from '../shared/options/from-option.ts';
import { type LocalForm, notHere } from '../shared/options/local-form.ts';
import { createOptionTable } from '../shared/options/table.ts';
import { pathValue, sizeValue, wordValue } from '../shared/options/values.ts';
import type { WrittenOption } from '../shared/options/written-options.ts';
import type { Allowed } from './adopted-paths.ts';

export const localOptions = createOptionTable(
  [
    {
      name: 'path',
      aliases: ['mountpoint'],
      description:
        'Adopts this existing directory, below one of `allowedRoots`, unchanged. Without it, the volume is a new directory.',
      example: 'path=/srv/data/photos',
      normalise: pathValue,
    },
    {
      name: 'size',
      aliases: [],
      description:
        'Makes the volume a file system of this size in an image file, or limits its directory: see `sizeMode`. The size is enforced. Without it, there is no limit.',
      example: 'size=10GiB',
      normalise: sizeValue,
    },
    {
      name: 'sizeMode',
      aliases: [],
      description:
        'How a `size` is enforced: `image` (the default) makes a file system in an image file; `quota` limits a directory by a project quota, which the file system of the `root` must have.',
      example: 'sizeMode=quota',
      normalise: wordValue(['image', 'quota']),
    },
    {
      name: 'fsType',
      aliases: ['newFSType', 'fs'],
      description: 'The file system of a volume with `size`: `ext4` (the default) or `xfs`.',
      example: 'fsType=xfs',
      normalise: wordValue(fileSystems),
    },
    ...copyRules,
    ...directoryRules,
  ],
  readBind,
);

/** A directory of the host in the form of Docker's `local` driver: `type=none`, `o=bind` and `device=/srv/data`. */
function readBind(form: LocalForm): readonly WrittenOption[] {
  if (form.type !== 'bind') throw notHere(form);
  return form.device === undefined ? form.rest : [{ name: 'path', value: form.device }, ...form.rest];
}

export const builtInOptions: Options = {
  fsType: 'ext4',
  uid: '0',
  gid: '0',
  mode: '0755',
  readOnly: 'false',
};

const leastSize: Readonly<Record<string, number>> = {
  // From 2 MiB on mkfs.ext4 makes a journal, which leaves hardly any room for data.
  ext4: parseSize('8MiB'),
  // mkfs.xfs refuses less.
  xfs: parseSize('300MiB'),
};

export function kindOf({ options }: Volume): 'adopted' | 'image' | 'quota' | 'directory' {
  if (options.path !== undefined) return 'adopted';
  if (options.size === undefined) return 'directory';
  return options.sizeMode === 'quota' ? 'quota' : 'image';
}

/** Omits options that do not apply to the volume's kind. Throws `invalid` if the caller asked for one of them. */
export function fitOptions(where: string, completed: CompletedOptions, allowed: Allowed): Options {
  const { options } = completed;
  if (options.path !== undefined) return fitAdopted(where, completed, options.path, allowed);
  if (options.size === undefined) return fitDirectory(where, completed);
  if (options.sizeMode === 'quota') return fitQuota(where, completed, options.size);
  // Volumes of an earlier Holdfast do not have it.
  const { sizeMode: _, ...image } = options;
  const fsType = options.fsType ?? 'ext4';
  const least = leastSize[fsType] ?? 0;
  if (parseSize(options.size) >= least) return image;
  throw new VolumeError(
    'invalid',
    `${where}, option size: ${options.size} is too small for ${fsType}: give at least ${sizeValue(`${least}`)}.`,
    { leastSize: least },
  );
}

/** A directory needs a block, and less than this is of no use. */
const leastQuota = parseSize('64KiB');

function fitQuota(where: string, { options, given }: CompletedOptions, size: string): Options {
  if (given.fsType !== undefined && given.from === undefined)
    throw new VolumeError(
      'invalid',
      `${where}, option fsType: with sizeMode=quota the volume is a directory of the root's file system: leave it out.`,
    );
  if (parseSize(size) < leastQuota)
    throw new VolumeError(
      'invalid',
      `${where}, option size: ${size} is too small: give at least ${sizeValue(`${leastQuota}`)}.`,
      { leastSize: leastQuota },
    );
  const { fsType: _, ...rest } = options;
  return rest;
}

function fitAdopted(
  where: string,
  { options, origin }: CompletedOptions,
  path: string,
  allowed: Allowed,
): Options {
  const strength = (name: string) => origins.indexOf(origin.get(name) ?? 'built-in');
  const beside = ['from', 'size', 'sizeMode', 'fsType', 'uid', 'gid', 'mode'].filter(
    (name) => strength(name) <= strength('path'),
  );
  if (beside.length > 0) {
    throw new VolumeError(
      'invalid',
      `${where}: ${beside.join(', ')} cannot be combined with path: an existing directory is taken as it is. Leave one of them out.`,
    );
  }
  if (allowed.roots.length === 0) {
    throw new VolumeError(
      'invalid',
      `${where}, option path: this driver does not allow paths: add the directory above ${path} to ${allowed.place}, and restart Holdfast.`,
    );
  }
  const {
    size: _size,
    sizeMode: _sizeMode,
    fsType: _fsType,
    uid: _uid,
    gid: _gid,
    mode: _mode,
    ...kept
  } = options;
  return { ...kept, path, readOnly: options.readOnly ?? 'false' };
}

function fitDirectory(where: string, { options, given }: CompletedOptions): Options {
  // The size may be that of the source.
  const alone = ['fsType', 'sizeMode'].find((name) => given[name] !== undefined && given.from === undefined);
  if (alone !== undefined) {
    throw new VolumeError(
      'invalid',
      `${where}, option ${alone}: it needs a size: add the option \`size=1GiB\`, or leave it out.`,
    );
  }
  const { fsType: _fsType, sizeMode: _sizeMode, ...rest } = options;
  return rest;
}

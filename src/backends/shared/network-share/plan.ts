import type { VolumeName } from '../../../core/names.ts';
import { formatSize, parseSize } from '../../../core/sizes.ts';
import type { Options } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { type CompletedOptions, origins } from '../options/complete-options.ts';
import { insidePath, namePlaceholder } from './inside-path.ts';
import type { ShareKind } from './share.ts';

/** Omits options that do not apply to the volume's kind. Throws `invalid` if the caller asked for one of them. */
export function fitShareOptions(
  where: string,
  name: VolumeName,
  completed: CompletedOptions,
  kind: ShareKind,
): Options {
  const options = { ...completed.options, isolation: isolationOf(where, completed) };
  if (isAdopted(options)) return fitAdopted(where, fitAdoptedSize(where, { ...completed, options }), kind);
  return fitDirectory(where, name, {
    ...completed,
    options: fitSize(where, { ...completed, options }, kind),
  });
}

/** Whether it has its size by a limit of its directory. */
export function isLimited({ size, sizeMode }: Options): boolean {
  return size !== undefined && sizeMode === 'quota';
}

export function isAdopted(options: Options): boolean {
  return options.path !== undefined || options.share !== undefined;
}

/** Mount options cannot differ between binds of one mount. */
function isolationOf(where: string, { options, origin }: CompletedOptions): string {
  if (options.mountOptions === undefined) return options.isolation ?? 'driver';
  if (options.isolation === 'volume' || origin.get('isolation') === 'built-in') return 'volume';
  throw invalid(
    where,
    "mountOptions needs a mount of the volume's own: write `isolation=volume`, or leave one of them out",
  );
}

/** A directory needs a block, and less than this is of no use. */
const leastLimit = parseSize('1MiB');

function fitSize(where: string, { options, given }: CompletedOptions, { limits }: ShareKind): Options {
  const { size, sizeMode } = options;
  if (size === undefined) {
    if (sizeMode !== 'quota') return options;
    // The size may be that of the source.
    if (given.sizeMode !== undefined && given.from === undefined)
      throw invalid(where, 'option sizeMode: it needs a size: add the option `size=1GiB`, or leave it out');
    const { sizeMode: _, ...rest } = options;
    return rest;
  }
  if (sizeMode === undefined) throw refusedSize(where, size, limits === 'none' ? [] : [enforced]);
  if (sizeMode === 'quota' && parseSize(size) < leastLimit)
    throw invalid(
      where,
      `option size: ${size} is too small: give at least ${formatSize(leastLimit)}`,
      leastLimit,
    );
  return options;
}

const enforced = 'add the option `sizeMode=quota` to have it enforced by a directory quota';

function refusedSize(where: string, size: string, ways: readonly string[]): VolumeError {
  const more = ways.map((way) => `, ${way}`).join('');
  return invalid(
    where,
    `option size: a directory of a share cannot be limited to ${size}${ways.length === 0 ? '' : ' by itself'}. Leave it out${more}, or add the option \`sizeMode=advisory\` to have it recorded but not enforced`,
  );
}

/** Nobody limits the directory of somebody else. */
function fitAdoptedSize(where: string, completed: CompletedOptions): CompletedOptions {
  const { options } = completed;
  const { size, sizeMode, ...rest } = options;
  if (sizeMode === 'advisory' || (size === undefined && sizeMode === undefined)) return completed;
  if (sizeMode === undefined) throw refusedSize(where, size ?? '', []);
  const adopted = options.path === undefined ? 'share' : 'path';
  const beside = ['size', 'sizeMode'].filter((option) => isAsStrong(completed, option, adopted));
  if (beside.length === 0) return { ...completed, options: rest };
  throw invalid(
    where,
    `${beside.join(', ')} cannot be combined with ${adopted}: an existing directory is taken as it is. Leave one of them out`,
  );
}

function fitAdopted(where: string, completed: CompletedOptions, kind: ShareKind): Options {
  const { options } = completed;
  if (options.path !== undefined && options.share !== undefined) {
    throw invalid(where, 'path and share cannot be combined: write `share=…` with the directory at its end');
  }
  if (options.share !== undefined) locate(where, options.share, kind);
  const adopted = options.path === undefined ? 'share' : 'path';
  const beside = ['subdir', ...(options.create === 'true' ? [] : ['uid', 'gid', 'mode'])].filter((option) =>
    isAsStrong(completed, option, adopted),
  );
  if (beside.length > 0) {
    throw invalid(
      where,
      `${beside.join(', ')} cannot be combined with ${adopted}: an existing directory is taken as it is. Leave one of them out, or add \`create=true\` for its owner`,
    );
  }
  const { subdir: _, ...rest } = options;
  if (options.create === 'true') return rest;
  const { uid: _uid, gid: _gid, mode: _mode, create: _create, ...kept } = rest;
  return kept;
}

function fitDirectory(where: string, name: VolumeName, { options, given }: CompletedOptions): Options {
  if (given.create === 'false') {
    throw invalid(where, 'create=false needs the directory to adopt: add `path=…`, or leave it out');
  }
  const { create: _, subdir, ...rest } = options;
  const directory = (subdir ?? namePlaceholder).replaceAll(namePlaceholder, name);
  try {
    return { ...rest, subdir: insidePath(directory) };
  } catch (cause) {
    if (!(cause instanceof VolumeError)) throw cause;
    throw new VolumeError(cause.code, `${where}, option subdir: ${cause.message}`, { cause });
  }
}

function locate(where: string, share: string, kind: ShareKind): void {
  try {
    kind.locate(share);
  } catch (cause) {
    if (!(cause instanceof VolumeError)) throw cause;
    throw new VolumeError(cause.code, `${where}, option share: ${cause.message}`, { cause });
  }
}

/** An option that contradicts another from the same source is an error; one from a weaker source is left out. */
function isAsStrong({ origin }: CompletedOptions, option: string, other: string): boolean {
  const strength = (name: string) => origins.indexOf(origin.get(name) ?? 'built-in');
  return origin.has(option) && strength(option) <= strength(other);
}

function invalid(where: string, words: string, leastSize?: number): VolumeError {
  return new VolumeError('invalid', `${where}: ${words}.`, leastSize === undefined ? {} : { leastSize });
}

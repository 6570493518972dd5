import type { VolumeName } from '../../../core/names.ts';
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
  refuseSize(where, options);
  return isAdopted(options)
    ? fitAdopted(where, { ...completed, options }, kind)
    : fitDirectory(where, name, { ...completed, options });
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

function refuseSize(where: string, options: Options): void {
  if (options.size === undefined || options.sizeMode === 'advisory') return;
  throw invalid(
    where,
    `option size: a directory of a share cannot be limited to ${options.size}. Leave it out, or add the option \`sizeMode=advisory\` to have it recorded but not enforced`,
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

function invalid(where: string, words: string): VolumeError {
  return new VolumeError('invalid', `${where}: ${words}.`);
}

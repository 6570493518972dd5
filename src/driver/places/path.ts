import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { type MountId, parseMountId } from '../../core/names.ts';
import { isUnreadable } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { DriverContext } from '../context.ts';

/** The limit of Linux (PATH_MAX), with the zero at the end. */
const longestPath = 4095;
/** That of its file systems (NAME_MAX). */
const longestName = 255;

/** One holder per path, for any caller. */
export function holderAt(path: string): MountId {
  return parseMountId(`path-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`);
}

/** The path in its normal form, so that two spellings of one path are equal. Throws `invalid`. */
export function parsePublishedPath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  const normal = `/${parts.join('/')}`;
  if (!path.startsWith('/')) throw wrong(path, 'is not absolute: begin it with "/"');
  if (parts.includes('..')) throw wrong(path, 'has a ".." in it: write the path without');
  if (parts.length === 0) throw wrong(path, 'is the root directory: name one below it');
  if (path.includes('\0') || Buffer.byteLength(normal) > longestPath)
    throw wrong(path, `is not usable: it has a zero byte, or more than ${longestPath} bytes`);
  if (parts.some((part) => Buffer.byteLength(part) > longestName))
    throw wrong(path, `has a name of more than ${longestName} bytes in it: choose a shorter one`);
  return normal;
}

/**
 * Where the path leads now. Symlinks above it are followed, since hosts have their orchestrator's directory elsewhere by one; the
 * path itself must not be one. Undefined if there is no directory above it. Throws `invalid` for a directory of our own, or of a volume: an
 * Unpublish removes an empty one.
 */
export async function resolvePublishedPath(
  context: DriverContext,
  path: string,
): Promise<string | undefined> {
  const { host, places } = context;
  const parent = await host.files.realPath(dirname(path));
  if (parent === undefined) return undefined;
  const place = `${parent === '/' ? '' : parent}/${basename(path)}`;
  const own = places.ownAt(place);
  if (own !== undefined)
    throw wrong(path, `and a directory of Holdfast (${own}) overlap: choose another path`);
  const { kind } = await host.mounts.at(place);
  // What is missing or mounted is not removed as an empty directory, and a look at ten thousand volumes takes milliseconds.
  const volume = kind === 'bare' ? dataAt(context, place) : undefined;
  if (volume !== undefined) throw wrong(path, `is the data of volume ${volume}: choose another path`);
  if (kind === 'missing' && (await host.files.facts(parent))?.kind !== 'directory') return undefined;
  // A mounted path is not a symlink, and may be dead: then only the mount table tells of it.
  const found = kind === 'bare' ? (await host.files.facts(place))?.kind : undefined;
  if (found !== undefined && found !== 'directory')
    throw wrong(path, `is ${found === 'symlink' ? 'a symlink' : 'not a directory'}: choose another path`);
  return place;
}

/** The volume whose data is this directory, such as an adopted one. */
function dataAt({ catalog, backend }: DriverContext, place: string): string | undefined {
  for (const volume of catalog.volumes())
    if (!isUnreadable(volume) && backend.hostPath(volume) === place) return volume.name;
  return undefined;
}

function wrong(path: string, why: string): VolumeError {
  return new VolumeError('invalid', `The path ${JSON.stringify(path.slice(0, 200))} ${why}.`);
}

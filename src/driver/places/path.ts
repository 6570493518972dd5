import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { type MountId, parseMountId } from '../../core/names.ts';
import { isWithin } from '../../core/paths.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { DriverContext } from '../context.ts';

/** The limit of Linux (PATH_MAX), with the zero at the end. */
const longestPath = 4095;

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
  return normal;
}

/**
 * Where the path leads now. Symlinks above it are followed, since hosts have their orchestrator's directory elsewhere by one; the
 * path itself must not be one. Undefined if the directory above it does not exist. Throws `invalid` for a path below the mount root.
 */
export async function resolvePublishedPath(
  { host, mountRoot }: Pick<DriverContext, 'host' | 'mountRoot'>,
  path: string,
): Promise<string | undefined> {
  const parent = await host.files.realPath(dirname(path));
  if (parent === undefined) return undefined;
  const place = `${parent === '/' ? '' : parent}/${basename(path)}`;
  const root = dirname(mountRoot);
  if (isWithin(place, root) || isWithin(root, place))
    throw wrong(path, `and the directory of the mountpoints (${root}) overlap: choose another path`);
  // A mounted path is not a symlink, and may be dead: then only the mount table tells of it.
  const { kind } = await host.mounts.at(place);
  if (kind === 'bare' && (await host.files.facts(place))?.kind === 'symlink')
    throw wrong(path, 'is a symlink: choose another path');
  return place;
}

function wrong(path: string, why: string): VolumeError {
  return new VolumeError('invalid', `The path ${JSON.stringify(path.slice(0, 200))} ${why}.`);
}

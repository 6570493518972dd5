import { basename, dirname, join } from 'node:path';
import type { Files, MountEntry, Mounts } from '../../../host/host.ts';

interface LookingHost {
  readonly files: Pick<Files, 'realPath'>;
  readonly mounts: Pick<Mounts, 'below'>;
}

/** The topmost mount at a path, from the kernel's table: never waits for a server. */
export async function mountedAt(
  { files, mounts }: LookingHost,
  path: string,
): Promise<MountEntry | undefined> {
  const canonical = await canonicalOf(files, path);
  return (await mounts.below(dirname(canonical))).findLast(({ mountpoint }) => mountpoint === canonical);
}

/** The path without symlinks, except in its last part: resolving that could wait for a server that does not answer. */
export async function canonicalOf(files: Pick<Files, 'realPath'>, path: string): Promise<string> {
  const parent = dirname(path);
  return join((await files.realPath(parent)) ?? parent, basename(path));
}

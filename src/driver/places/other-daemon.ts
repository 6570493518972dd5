import { basename, dirname } from 'node:path';
import type { VolumeName } from '../../core/names.ts';
import { type DriverContext, mountpointOf } from '../context.ts';
import type { UseSeen } from '../use.ts';

/** Whether an unheld volume stays mounted for those who use it. */
export async function isKept(context: DriverContext, name: VolumeName, seen: UseSeen): Promise<boolean> {
  return seen.use === 'used' && !(await isOnlyMountedByOtherDaemon(context, name, seen));
}

/**
 * Whether nobody uses it, but another daemon of this host has it mounted as well, such as a plugin beside a service. If each of them
 * took the other's mount for a use, both mounts would stay forever. The other daemon is known by its mount of the same share beside its
 * mountpoints: another mount of the volume is somebody's, and stays a use.
 */
async function isOnlyMountedByOtherDaemon(
  context: DriverContext,
  name: VolumeName,
  { users, ownMounts, published }: UseSeen,
): Promise<boolean> {
  if (users.length > 0 || published.length > 0) return false;
  const { mounts } = context.host;
  const mountpoint = mountpointOf(context, name);
  const state = await mounts.at(mountpoint);
  if (state.kind !== 'mounted') return false;
  const found = ownMounts.map(async (path) => {
    const root = dirname(dirname(path));
    if (root === dirname(context.mountRoot)) return false;
    const shares = await mounts.below(`${root}/.shares/${basename(dirname(path))}`);
    return shares.some(({ device }) => device === state.device);
  });
  return (await Promise.all(found)).every(Boolean);
}

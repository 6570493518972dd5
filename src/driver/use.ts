import type { VolumeName } from '../core/names.ts';
import type { Use } from '../core/reap-decision.ts';
import type { MountUser } from '../host/host.ts';
import { type DriverContext, mountpointOf } from './context.ts';

export interface UseSeen {
  readonly use: Use;
  readonly users: readonly MountUser[];
}

/** Whether another mount namespace has the volume, seen at most `maxAge` milliseconds ago. */
export async function seeUse(context: DriverContext, name: VolumeName, maxAge: number): Promise<UseSeen> {
  const uses = await context.host.mounts.uses(context.mountRoot, maxAge);
  const users = uses.users.get(mountpointOf(context, name)) ?? [];
  if (users.length > 0) return { use: 'used', users };
  return { use: uses.complete ? 'unused' : 'hidden', users };
}

/**
 * Like `seeUse`, for a teardown. Somebody seen by an older look may be gone: it is confirmed by a fresh one.
 * Where processes are hidden from us the caller's word has to do.
 */
export async function isUsed(context: DriverContext, name: VolumeName, maxAge: number): Promise<boolean> {
  const { use } = await seeUse(context, name, maxAge);
  if (use !== 'used') return false;
  if (maxAge === 0) return true;
  return (await seeUse(context, name, 0)).use === 'used';
}

/** "process 4711 (postgres) of container 3f2a… at /data", for a message. */
export function describeUsers(users: readonly MountUser[]): string {
  const shown = users.slice(0, 3).map((user) => {
    const container = user.containerId === undefined ? '' : ` of container ${user.containerId.slice(0, 12)}`;
    return `process ${user.pid} (${user.command})${container} at ${user.mountpoint}`;
  });
  const more = users.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

import type { Use } from '../core/decisions/reap.ts';
import type { LedgerEntry } from '../core/mount-ledger.ts';
import type { VolumeName } from '../core/names.ts';
import { isUnreadable } from '../core/volume.ts';
import type { MountUser, MountUses } from '../host/host.ts';
import { type DriverContext, mountpointOf } from './context.ts';
import { isOwnShare, isShare } from './places/staged.ts';

export interface UseSeen {
  readonly use: Use;
  /** In other mount namespaces. */
  readonly users: readonly MountUser[];
  /** Places where somebody on this host mounted the same data. */
  readonly ownMounts: readonly string[];
  /** Those of them where the volume is published. */
  readonly published: readonly string[];
}

/** Who uses the volume, apart from the mountpoint itself, as seen at most `maxAge` milliseconds ago. */
export async function seeUse(context: DriverContext, name: VolumeName, maxAge: number): Promise<UseSeen> {
  return useAmong(context, name, await context.host.mounts.uses(context.mountRoot, maxAge));
}

/** The same by a look that was made for many volumes. */
export async function useAmong(context: DriverContext, name: VolumeName, uses: MountUses): Promise<UseSeen> {
  const mountpoint = mountpointOf(context, name);
  const shown = uses.ownMounts.get(mountpoint) ?? [];
  const isWholeShare = shown.some((path) => isOwnShare(path, context.mountRoot));
  const isUse = (path: string) => !(isWholeShare && isShare(path));
  // A container may have the volume at a path of any form.
  const isUser = (user: MountUser) => user.containerId !== undefined || isUse(user.mountpoint);
  const users = (uses.users.get(mountpoint) ?? []).filter(isUser);
  const published = await mountedPlaces(context, name);
  const foreign = await foreignMounts(context, name, shown.filter(isUse));
  const ownMounts = [...new Set([...published, ...foreign])];
  const seen = { users, ownMounts, published };
  if (users.length > 0 || ownMounts.length > 0) return { use: 'used', ...seen };
  return { use: uses.complete ? 'unused' : 'hidden', ...seen };
}

/**
 * The paths at which the volume is published and something is mounted. They count as use even if the look does not show it, for
 * example if the mount is dead.
 */
async function mountedPlaces({ ledger, host }: DriverContext, name: VolumeName): Promise<readonly string[]> {
  const paths = [...(ledger.get(name)?.holders.values() ?? [])].flatMap(({ place }) => place?.path ?? []);
  const states = await Promise.all(paths.map((path) => host.mounts.at(path)));
  return paths.filter((_, index) => states[index]?.kind === 'mounted');
}

/** Leaves out mounts of Holdfast for other volumes of the same data, and the mount that the data comes from. */
async function foreignMounts(
  { places, ledger, catalog, backend, host }: DriverContext,
  name: VolumeName,
  found: readonly string[],
): Promise<readonly string[]> {
  const foreign = found.filter((path) => !places.has(path));
  const volume = ledger.get(name)?.volume ?? catalog.get(name);
  if (foreign.length === 0 || volume === undefined || isUnreadable(volume)) return foreign;
  const source = backend.hostPath(volume);
  if (source === undefined) return foreign;
  const canonical = await host.files.realPath(source);
  return foreign.filter((path) => path !== canonical);
}

/**
 * Like `seeUse`, for a teardown. A user that an older look saw may be gone, so a fresh look confirms it. Where processes are
 * hidden from us, the volume counts as unused: the caller's Unmount is believed.
 */
export async function isUsed(context: DriverContext, name: VolumeName, maxAge: number): Promise<boolean> {
  return (await confirmUse(context, name, maxAge)).use === 'used';
}

export async function confirmUse(context: DriverContext, name: VolumeName, maxAge: number): Promise<UseSeen> {
  const seen = await seeUse(context, name, maxAge);
  return seen.use === 'used' && maxAge > 0 ? seeUse(context, name, 0) : seen;
}

/** "2 mounts", "an operator": who holds a volume that nobody is seen to use. */
export function describeHolders({ holders }: Pick<LedgerEntry, 'holders'>): string {
  if ([...holders.values()].some(({ kind }) => kind === 'operator')) return 'an operator';
  return holders.size === 1 ? 'a mount' : `${holders.size} mounts`;
}

/** "process 4711 (postgres) of container 3f2a… at /data", for a message. */
export function describeUsers(users: readonly MountUser[]): string {
  return firstOf(users, (user) => {
    const container = user.containerId === undefined ? '' : ` of container ${user.containerId.slice(0, 12)}`;
    return `process ${user.pid} (${user.command})${container} at ${user.mountpoint}`;
  });
}

/** Who uses the volume and how to end that: "… is in use by a mount of this host at /srv/pub: run `umount /srv/pub`". */
export function describeUse({ users, ownMounts, published }: UseSeen): string {
  const aside = ownMounts.some((path) => path.includes('/.aside/'));
  const foreign = ownMounts.filter((path) => !published.includes(path) && !path.includes('/.aside/'));
  const mounts = firstOf(foreign, (path) => `a mount of this host at ${path}`);
  const places = firstOf(published, (path) => `what it is published to at ${path}`);
  const reader = aside ? 'a backup that reads it' : '';
  const who = [describeUsers(users), places, mounts, reader].filter((words) => words !== '').join(' and ');
  const wayOut = [
    ...(users.length > 0 ? ['stop it'] : []),
    ...(published.length > 0 ? ['end the workload, so that its orchestrator unpublishes the volume'] : []),
    ...(aside ? ['wait until the backup is done'] : []),
    ...(foreign.length > 0 ? [`run \`umount ${foreign.slice(0, shown).join(' ')}\``] : []),
  ];
  return `is in use by ${who}: ${wayOut.join(', ')}`;
}

const shown = 3;

function firstOf<T>(all: readonly T[], describe: (one: T) => string): string {
  const more = all.length - shown;
  return all.slice(0, shown).map(describe).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

import type { LedgerEntry } from '../core/mount-ledger.ts';
import type { Volume } from '../core/volume.ts';
import { asVolumeError, VolumeError } from '../core/volume-error.ts';
import type { MountIdentity, MountState, MountUser } from '../host/host.ts';
import { type DriverContext, mountpointOf } from './context.ts';
import { withSignal } from './deadline.ts';
import { dropHolders } from './drop-holders.ts';
import { describeUsers, isUsed, seeUse } from './use.ts';

/** Makes sure that the volume is mounted at its mountpoint. An existing mount is checked, not trusted. */
export async function ensureStaged(context: DriverContext, volume: Volume): Promise<MountIdentity> {
  const losses = context.backend.health(volume)?.losses ?? 0;
  const seen = await ensureSound(context, volume);
  context.lossesSeen.set(volume.name, losses);
  return seen;
}

async function ensureSound(context: DriverContext, volume: Volume): Promise<MountIdentity> {
  const state = await context.host.mounts.at(mountpointOf(context, volume.name));
  const entry = context.ledger.get(volume.name);
  const standing = await standingOf(context, volume, state);
  if (standing === 'staged' && entry?.seen) return entry.seen;
  if (standing === 'taken away') await giveUp(context, volume);
  if (standing === 'dead') await leaveLost(context, volume);
  if (standing === 'foreign') await clearMountpoint(context, volume);
  return stage(context, volume, state);
}

/** What is at the mountpoint. `foreign`: a mount that the ledger does not have. */
export type Standing = 'staged' | 'taken away' | 'dead' | 'foreign' | 'absent';

export async function standingOf(
  context: DriverContext,
  volume: Volume,
  state: MountState,
): Promise<Standing> {
  const entry = context.ledger.get(volume.name);
  if (await isTakenAway(context, entry, state)) return 'taken away';
  if (!isOurs(entry, state)) return state.kind === 'mounted' ? 'foreign' : 'absent';
  return isExclusive(context) || !(await isLost(context, volume)) ? 'staged' : 'dead';
}

function isLost(context: DriverContext, volume: Volume): Promise<boolean> {
  const { backend, timings } = context;
  return withSignal(timings.callDeadline, (signal) =>
    backend.isLost(volume, mountpointOf(context, volume.name), signal),
  );
}

/**
 * Takes down a dead mount that nobody uses. If containers use it, the new mount will cover it: the kernel then still shows which
 * containers must be restarted.
 */
async function leaveLost(context: DriverContext, volume: Volume): Promise<void> {
  const { backend, timings } = context;
  const { users } = await seeUse(context, volume.name, 0);
  if (users.length > 0) return nameDeadUsers(context, volume, users);
  const mountpoint = mountpointOf(context, volume.name);
  return withSignal(timings.workDeadline, (signal) => backend.unstage(volume, mountpoint, signal));
}

function nameDeadUsers(
  { deadUsers, log, name: driver }: DriverContext,
  { name }: Volume,
  users: readonly MountUser[],
): void {
  deadUsers.set(name, users);
  log.write('error', 'containers-must-restart', { driver, volume: name, users: describeUsers(users) });
}

/**
 * Whether an exclusive volume was taken by another host, so that its mount here is lost. A dead mount may not show its inode, so
 * the backend is asked, and the mount that was seen is not compared.
 */
export async function isTakenAway(
  context: DriverContext,
  entry: LedgerEntry | undefined,
  state: MountState,
): Promise<boolean> {
  if (!isExclusive(context) || state.kind !== 'mounted' || entry?.seen === undefined) return false;
  return isLost(context, entry.volume);
}

function isExclusive({ backend }: DriverContext): boolean {
  return backend.capabilities.sharing === 'one-host';
}

/**
 * Takes down the dead mount of a volume that was taken away, even if it is in use, and drops its holders. Nothing is mounted
 * again, or taken back from the other host, until a caller asks.
 */
export async function giveUp(context: DriverContext, volume: Volume): Promise<void> {
  const { users } = await seeUse(context, volume.name, 0);
  if (users.length > 0) nameDeadUsers(context, volume, users);
  await unmountPublished(context, volume);
  await dropHolders(context, volume.name, 'the volume was taken from this host');
  await unstage(context, volume);
}

/** Without its holder, nobody could tell later that the dead mount there is the volume's. Containers have their own. */
async function unmountPublished(
  { ledger, host, log, name: driver }: DriverContext,
  { name }: Volume,
): Promise<void> {
  for (const { place } of ledger.get(name)?.holders.values() ?? []) {
    if (place === undefined) continue;
    try {
      const state = await host.mounts.at(place.path);
      const isIt = state.kind === 'mounted' && state.inode === place.seen.inode;
      if (isIt && state.device === place.seen.device) await host.mounts.unmount(place.path);
    } catch (error) {
      log.write('warn', 'undo-failed', { driver, volume: name, error });
    }
  }
}

/** Whether the mount is the one that was seen after staging. */
export function isOurs(entry: LedgerEntry | undefined, state: MountState): boolean {
  if (state.kind !== 'mounted' || entry?.seen === undefined) return false;
  return state.device === entry.seen.device && state.inode === entry.seen.inode;
}

/** Stages with the intent on record, and undoes a failure. */
async function stage(context: DriverContext, volume: Volume, before: MountState): Promise<MountIdentity> {
  const { host, ledger, backend, timings } = context;
  const mountpoint = mountpointOf(context, volume.name);
  await ledger.write({ kind: 'stage', volume, at: host.now() });
  try {
    if (before.kind === 'missing') await host.files.makeMountpoint(mountpoint);
    await withSignal(timings.workDeadline, (signal) => backend.stage(volume, mountpoint, signal));
    return await seenAt(context, volume, mountpoint);
  } catch (error) {
    await undoStage(context, volume);
    throw asVolumeError(error, `Volume ${volume.name} could not be mounted`);
  }
}

async function seenAt(context: DriverContext, volume: Volume, mountpoint: string): Promise<MountIdentity> {
  const state = await context.host.mounts.at(mountpoint);
  if (state.kind === 'mounted') return { device: state.device, inode: state.inode };
  throw new VolumeError(
    'failed',
    `Volume ${volume.name}: nothing is mounted at ${mountpoint} after mounting it.`,
  );
}

/** A failure is logged, and tried again later. */
export async function undoStage(context: DriverContext, volume: Volume): Promise<void> {
  try {
    await unstage(context, volume);
  } catch (error) {
    // The entry stays: the reaper and the next start try again.
    context.log.write('warn', 'undo-failed', { driver: context.name, volume: volume.name, error });
  }
}

/** Takes the volume down and out of the ledger. A held volume stays in the ledger, unfinished. */
export async function unstage(context: DriverContext, volume: Volume): Promise<void> {
  const { backend, ledger, timings, lastSeenUsed, lossesSeen, owedDrops } = context;
  const mountpoint = mountpointOf(context, volume.name);
  await withSignal(timings.workDeadline, (signal) => backend.unstage(volume, mountpoint, signal));
  const entry = ledger.get(volume.name);
  if (entry === undefined) return;
  if (entry.holders.size > 0) return ledger.write({ kind: 'stage', volume, at: entry.lastMount });
  lastSeenUsed.delete(volume.name);
  lossesSeen.delete(volume.name);
  owedDrops.delete(volume.name);
  await ledger.write({ kind: 'gone', name: volume.name });
}

/** For a mount that the ledger does not have. It is taken down only if nobody uses it. */
async function clearMountpoint(context: DriverContext, volume: Volume): Promise<void> {
  await refuseForeignUse(context, volume);
  const mountpoint = mountpointOf(context, volume.name);
  await withSignal(context.timings.workDeadline, (signal) =>
    context.backend.unstage(volume, mountpoint, signal),
  );
}

/** Throws `conflict` if somebody uses what is at the mountpoint. */
export async function refuseForeignUse(context: DriverContext, volume: Volume): Promise<void> {
  if (!(await isUsed(context, volume.name, 0))) return;
  const mountpoint = mountpointOf(context, volume.name);
  throw new VolumeError(
    'conflict',
    `Volume ${volume.name}: something that Holdfast did not mount is in use at ${mountpoint}: stop its users and run \`umount ${mountpoint}\`.`,
  );
}

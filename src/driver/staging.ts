import type { LedgerEntry } from '../core/mount-ledger.ts';
import type { Volume } from '../core/volume.ts';
import { asVolumeError, VolumeError } from '../core/volume-error.ts';
import type { MountIdentity, MountState, MountUser } from '../host/host.ts';
import { type DriverContext, mountpointOf } from './context.ts';
import { withSignal } from './deadline.ts';
import { describeUsers, isUsed, seeUse } from './use.ts';

/** Makes sure that the volume is mounted at its mountpoint; what is there already is checked, not trusted. */
export async function ensureStaged(context: DriverContext, volume: Volume): Promise<MountIdentity> {
  const losses = context.backend.health(volume)?.losses ?? 0;
  const seen = await ensureSound(context, volume);
  context.lossesSeen.set(volume.name, losses);
  return seen;
}

async function ensureSound(context: DriverContext, volume: Volume): Promise<MountIdentity> {
  const state = await context.host.mounts.at(mountpointOf(context, volume.name));
  const entry = context.ledger.get(volume.name);
  if (await isTakenAway(context, entry, state)) {
    await giveUp(context, volume);
  } else if (isOurs(entry, state) && entry?.seen) {
    if (isExclusive(context) || !(await isLost(context, volume))) return entry.seen;
    await leaveLost(context, volume);
  } else if (state.kind === 'mounted') {
    await clearMountpoint(context, volume);
  }
  return stage(context, volume, state);
}

function isLost(context: DriverContext, volume: Volume): Promise<boolean> {
  const { backend, timings } = context;
  return withSignal(timings.callDeadline, (signal) =>
    backend.isLost(volume, mountpointOf(context, volume.name), signal),
  );
}

/**
 * A dead mount that nobody has is taken down. One that containers have is covered by the new one: it stays below, so that
 * the kernel goes on to tell which containers have it, and those must be restarted.
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
 * Whether what was staged of a volume that one host has at a time is lost: by now the volume may be another host's. What is
 * dead may not tell its inode any more, so what was seen is not compared; the backend knows its own.
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
 * Takes down the dead mount of a volume that was taken away, whoever has it, and drops its holders: nothing is mounted
 * again, nor taken from the host that has it now, unless a caller asks.
 */
export async function giveUp(context: DriverContext, volume: Volume): Promise<void> {
  const { ledger, log, name: driver } = context;
  const { name } = volume;
  const { users } = await seeUse(context, name, 0);
  if (users.length > 0) nameDeadUsers(context, volume, users);
  for (const id of ledger.get(name)?.holders.keys() ?? []) {
    const reason = 'the volume was taken from this host';
    log.write('warn', 'holder-dropped', { driver, volume: name, id, reason });
    await ledger.write({ kind: 'drop', name, id });
  }
  await unstage(context, volume);
}

/** True when what is mounted is what was seen after staging. */
export function isOurs(entry: LedgerEntry | undefined, state: MountState): boolean {
  if (state.kind !== 'mounted' || entry?.seen === undefined) return false;
  return state.device === entry.seen.device && state.inode === entry.seen.inode;
}

/** Stages with the intent on record, and takes back what was done when it fails. */
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

async function undoStage(context: DriverContext, volume: Volume): Promise<void> {
  try {
    await unstage(context, volume);
  } catch (error) {
    // The entry stays: the reaper and the next start try again.
    context.log.write('warn', 'undo-failed', { driver: context.name, volume: volume.name, error });
  }
}

/** Takes the volume down and out of the ledger; one that is still held stays in the ledger, unfinished. */
export async function unstage(context: DriverContext, volume: Volume): Promise<void> {
  const { backend, ledger, timings, lastSeenUsed, lossesSeen } = context;
  const mountpoint = mountpointOf(context, volume.name);
  await withSignal(timings.workDeadline, (signal) => backend.unstage(volume, mountpoint, signal));
  const entry = ledger.get(volume.name);
  if (entry === undefined) return;
  if (entry.holders.size > 0) return ledger.write({ kind: 'stage', volume, at: entry.lastMount });
  lastSeenUsed.delete(volume.name);
  lossesSeen.delete(volume.name);
  await ledger.write({ kind: 'gone', name: volume.name });
}

/** For a mount that is not what the ledger says: it is taken down only if nobody uses it. */
async function clearMountpoint(context: DriverContext, volume: Volume): Promise<void> {
  const mountpoint = mountpointOf(context, volume.name);
  if (await isUsed(context, volume.name, 0)) {
    throw new VolumeError(
      'conflict',
      `Volume ${volume.name}: something that Holdfast did not mount is in use at ${mountpoint}: stop its users and run \`umount ${mountpoint}\`.`,
    );
  }
  await withSignal(context.timings.workDeadline, (signal) =>
    context.backend.unstage(volume, mountpoint, signal),
  );
}

import { decideReap, type ReapDecision, type Use } from '../core/decisions/reap.ts';
import type { LedgerEntry } from '../core/mount-ledger.ts';
import type { VolumeName } from '../core/names.ts';
import type { Host, MountUser, MountUses } from '../host/host.ts';
import { type DriverContext, mountpointOf } from './context.ts';
import { dropHolders } from './drop-holders.ts';
import { restage } from './mount.ts';
import { isKept } from './places/other-daemon.ts';
import { giveUp, isTakenAway } from './staging.ts';
import { dropOwed, settle } from './unmount.ts';
import { useAmong } from './use.ts';

/**
 * Takes down volumes that waited for their last user, or were taken from this host. Drops the holders of unused volumes, since
 * their Unmount was lost.
 */
export interface Reaper {
  /** Runs one round. An error with one volume is logged, and the others continue. */
  round(): Promise<void>;
  stop(): void;
}

/** Milliseconds between two rounds while everything staged is held. */
const calm = 60_000;

export function startReaper(context: DriverContext): Reaper {
  /** Volumes that still wait in their queue. A round neither waits for them nor queues them again. */
  const busy = new Set<VolumeName>();
  let lastRound = context.host.now();

  function round(): Promise<void> {
    lastRound = context.host.now();
    return reapRound(context, busy);
  }

  const timer = setInterval(() => {
    if (isDue(context, lastRound)) void round();
  }, context.timings.retry);
  timer.unref();
  return { round, stop: () => clearInterval(timer) };
}

function isDue(context: DriverContext, lastRound: number): boolean {
  const { ledger, timings, host, deadUsers, owedDrops } = context;
  if (deadUsers.size > 0 || owedDrops.size > 0) return true;
  for (const entry of ledger.entries())
    if (entry.holders.size === 0 || mayBeLost(context, entry)) return true;
  return host.now() - lastRound >= Math.min(calm, timings.grace / 2);
}

/**
 * Whether the server had losses since the volume was last found sound. Such a volume is mounted again without waiting for the
 * next container.
 */
function mayBeLost({ backend, lossesSeen }: DriverContext, { seen, volume }: LedgerEntry): boolean {
  if (seen === undefined) return false;
  return (backend.health(volume)?.losses ?? 0) > (lossesSeen.get(volume.name) ?? 0);
}

/**
 * Reports the users of dead mounts until those mounts are gone. The kernel shows a dead mount below the new one. A dead mount
 * that could not be covered was unmounted here: then it lives as long as the processes that have it.
 */
async function followDeadUsers(
  { deadUsers, host, mountRoot }: DriverContext,
  uses: MountUses,
): Promise<void> {
  for (const [name, named] of deadUsers) {
    const covered = uses.users.get(`${mountRoot}/${name}`)?.filter((user) => user.isCovered === true) ?? [];
    const left = covered.length > 0 ? covered : await stillRunning(host, named);
    if (left.length === 0) deadUsers.delete(name);
    else deadUsers.set(name, left);
  }
}

async function stillRunning(host: Host, users: readonly MountUser[]): Promise<readonly MountUser[]> {
  const uncovered = users.filter((user) => user.isCovered !== true);
  const running = await Promise.all(uncovered.map(({ pid }) => host.files.facts(`/proc/${pid}`)));
  return uncovered.filter((_, index) => running[index] !== undefined);
}

async function reapRound(context: DriverContext, busy: Set<VolumeName>): Promise<void> {
  const entries = [...context.ledger.entries()].filter((entry) => !busy.has(entry.volume.name));
  if (entries.length === 0 && context.deadUsers.size === 0) return;
  try {
    const uses = await context.host.mounts.uses(context.mountRoot, 0);
    await followDeadUsers(context, uses);
    await Promise.all(
      entries.map(async (entry) => {
        const { name } = entry.volume;
        busy.add(name);
        await reap(context, entry, uses);
        busy.delete(name);
      }),
    );
  } catch (error) {
    context.log.write('warn', 'reaper-blind', { driver: context.name, error });
  }
}

async function reap(context: DriverContext, entry: LedgerEntry, uses: MountUses): Promise<void> {
  const { name } = entry.volume;
  try {
    const seen = await useAmong(context, name, uses);
    const isFree = entry.holders.size === 0 && seen.use === 'used' && !(await isKept(context, name, seen));
    const decided = decideByUse(context, entry, isFree ? 'unused' : seen.use);
    if (context.owedDrops.has(name)) return await context.queue.run(name, () => dropOwed(context, name));
    const decision = decided === 'keep' ? await decideLoss(context, entry) : decided;
    if (decision === 'keep') return;
    await context.queue.run(name, async () => {
      // A verb changed the volume first: the next round looks again.
      if (context.ledger.get(name) === entry) await act(context, entry, decision);
    });
  } catch (error) {
    context.log.write('warn', 'reap-failed', { driver: context.name, volume: name, error });
  }
}

function decideByUse(context: DriverContext, entry: LedgerEntry, use: Use): ReapDecision {
  const { host, lastSeenUsed, startedAt } = context;
  const { name } = entry.volume;
  const { grace, linger } = context.timings;
  const now = host.now();
  if (use === 'used') lastSeenUsed.set(name, now);
  return decideReap({ entry, use, now, lastSeenUsed: lastSeenUsed.get(name) ?? startedAt, grace, linger });
}

/** For a volume that stays mounted, unless its mount is dead. */
async function decideLoss(
  context: DriverContext,
  entry: LedgerEntry,
): Promise<'keep' | 'restage' | 'give-up'> {
  const state = await context.host.mounts.at(mountpointOf(context, entry.volume.name));
  if (await isTakenAway(context, entry, state)) return 'give-up';
  return mayBeLost(context, entry) ? 'restage' : 'keep';
}

async function act(
  context: DriverContext,
  entry: LedgerEntry,
  decision: ReapDecision | 'give-up',
): Promise<void> {
  const { name } = entry.volume;
  if (decision === 'restage') return restage(context, entry.volume);
  if (decision === 'give-up') return giveUp(context, entry.volume);
  if (decision === 'drop-holders') await dropHolders(context, name, 'unused for the grace period');
  await settle(context, name, context.timings.lookAge);
}

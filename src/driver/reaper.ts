import type { LedgerEntry } from '../core/mount-ledger.ts';
import type { VolumeName } from '../core/names.ts';
import { decideReap, type ReapDecision } from '../core/reap-decision.ts';
import type { Host, MountUser, MountUses } from '../host/host.ts';
import { type DriverContext, mountpointOf } from './context.ts';
import { restage } from './mount.ts';
import { giveUp, isTakenAway } from './staging.ts';
import { settle } from './unmount.ts';

/**
 * Takes down what waited for its last user, and what was taken from this host, and drops holders whose volume nobody uses:
 * their Unmount was lost.
 */
export interface Reaper {
  /** One round; the errors of one volume are logged and stop no other. */
  round(): Promise<void>;
  stop(): void;
}

/** Between two rounds while everything staged is held. */
const calm = 60_000;

export function startReaper(context: DriverContext): Reaper {
  /** Volumes whose turn in their queue has not come yet: no round waits for them, and none asks twice. */
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
  const { ledger, timings, host, deadUsers } = context;
  if (deadUsers.size > 0) return true;
  for (const entry of ledger.entries())
    if (entry.holders.size === 0 || mayBeLost(context, entry)) return true;
  return host.now() - lastRound >= Math.min(calm, timings.grace / 2);
}

/** What is staged from a server whose mounts died is mounted anew without waiting for the next container. */
function mayBeLost({ backend, lossesSeen }: DriverContext, { seen, volume }: LedgerEntry): boolean {
  if (seen === undefined) return false;
  return (backend.health(volume)?.losses ?? 0) > (lossesSeen.get(volume.name) ?? 0);
}

/**
 * Those that were named once are named until they are gone. As long as their dead mount lies below the new one the kernel
 * tells; a dead mount that could not be covered went, and then a process that lives on has it still.
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
    const idle = uses.complete ? 'unused' : 'hidden';
    await followDeadUsers(context, uses);
    await Promise.all(
      entries.map(async (entry) => {
        const { name } = entry.volume;
        busy.add(name);
        await reap(context, entry, uses.users.has(mountpointOf(context, name)) ? 'used' : idle);
        busy.delete(name);
      }),
    );
  } catch (error) {
    context.log.write('warn', 'reaper-blind', { driver: context.name, error });
  }
}

async function reap(
  context: DriverContext,
  entry: LedgerEntry,
  use: 'used' | 'unused' | 'hidden',
): Promise<void> {
  const { host, timings, lastSeenUsed } = context;
  const { name } = entry.volume;
  const now = host.now();
  if (use === 'used') lastSeenUsed.set(name, now);
  const { grace, linger } = timings;
  const since = lastSeenUsed.get(name) ?? context.startedAt;
  const decided = decideReap({ entry, use, now, lastSeenUsed: since, grace, linger });
  try {
    const decision = decided === 'keep' ? await decideLoss(context, entry) : decided;
    if (decision === 'keep') return;
    await context.queue.run(name, async () => {
      // A verb came first: the next round looks again.
      if (context.ledger.get(name) === entry) await act(context, entry, decision);
    });
  } catch (error) {
    context.log.write('warn', 'reap-failed', { driver: context.name, volume: name, error });
  }
}

/** Of what is to stay mounted: it may be dead. */
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
  if (decision === 'drop-holders') await dropHolders(context, entry);
  await settle(context, name, context.timings.lookAge);
}

async function dropHolders({ ledger, log, name: driver }: DriverContext, entry: LedgerEntry): Promise<void> {
  const { name } = entry.volume;
  for (const id of entry.holders.keys()) {
    log.write('warn', 'holder-dropped', { driver, volume: name, id, reason: 'unused for the grace period' });
    await ledger.write({ kind: 'drop', name, id });
  }
}

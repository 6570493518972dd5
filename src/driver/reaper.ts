import type { LedgerEntry } from '../core/mount-ledger.ts';
import { decideReap, type ReapDecision } from '../core/reap-decision.ts';
import { type DriverContext, mountpointOf } from './context.ts';
import { restage } from './mount.ts';
import { settle } from './unmount.ts';

/** Takes down what waited for its last user, and drops holders whose volume nobody uses: their Unmount was lost. */
export interface Reaper {
  /** One round; the errors of one volume are logged and stop no other. */
  round(): Promise<void>;
  stop(): void;
}

/** Between two rounds while everything staged is held. */
const calm = 60_000;

export function startReaper(context: DriverContext): Reaper {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  function schedule(): void {
    if (stopped) return;
    timer = setTimeout(() => void round().finally(schedule), pause(context));
    timer.unref();
  }

  const round = (): Promise<void> => reapRound(context);
  schedule();
  return {
    round,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

function pause({ ledger, timings }: DriverContext): number {
  const waiting = [...ledger.entries()].some((entry) => entry.holders.size === 0);
  return waiting ? timings.retry : Math.min(calm, Math.max(timings.grace / 2, timings.retry));
}

async function reapRound(context: DriverContext): Promise<void> {
  const entries = [...context.ledger.entries()];
  if (entries.length === 0) return;
  try {
    const uses = await context.host.mounts.uses(context.mountRoot, 0);
    const idle = uses.complete ? 'unused' : 'hidden';
    const used = (entry: LedgerEntry) => uses.users.has(mountpointOf(context, entry.volume.name));
    // At once: a volume whose queue is stuck holds up no other.
    await Promise.all(entries.map((entry) => reap(context, entry, used(entry) ? 'used' : idle)));
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
  const decision = decideReap({
    entry,
    use,
    now,
    lastSeenUsed: lastSeenUsed.get(name) ?? context.startedAt,
    grace,
    linger,
  });
  if (decision === 'keep') return;
  try {
    await context.queue.run(name, async () => {
      // A verb came first: the next round looks again.
      if (context.ledger.get(name) === entry) await act(context, entry, decision);
    });
  } catch (error) {
    context.log.write('warn', 'reap-failed', { driver: context.name, volume: name, error });
  }
}

async function act(context: DriverContext, entry: LedgerEntry, decision: ReapDecision): Promise<void> {
  const { name } = entry.volume;
  if (decision === 'restage') return restage(context, entry.volume);
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

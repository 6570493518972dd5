import { setTimeout as sleep } from 'node:timers/promises';
import { isUnreadable, type Volume } from '../../core/volume.ts';
import type { DriverContext } from '../context.ts';
import { withSignal } from '../deadline.ts';
import { viewVolumes } from '../read.ts';
import { createRepetition } from '../repetition.ts';
import type { UnusedVolume } from '../volume-driver.ts';

/** Milliseconds between two notes of a volume's use. */
const pace = 3_600_000;
/** A volume whose use was noted less than this long ago may be mounted on another host now. */
const mayBeUsed = 2 * pace;
/** By how much another host's clock may be ahead before its notes are ignored. */
const clockSlack = pace;
/** Milliseconds between two rounds. */
const pause = 10_000;
/** Milliseconds after a failed round. */
const retryPause = 300_000;
/** Milliseconds that a stop waits. */
const stopPatience = 2_000;
/** Milliseconds: uses that ended within the same are noted at once. */
const minute = 60_000;

/**
 * Notes on the storage which volumes are or were mounted here, each at most once an hour, so that all hosts see it. A use that begins
 * and ends between two rounds is noted as well.
 */
export interface UseNoting {
  /** The first round comes a little later. */
  begin(): void;
  /** One round, now. Never rejects. */
  round(): Promise<void>;
  /** Ends the rounds, and notes uses that have ended, for which it waits briefly. */
  stop(): Promise<void>;
}

export function startUseNoting(context: DriverContext): UseNoting {
  const stopping = new AbortController();
  const { ended } = context.uses;
  let underWay: Promise<void> | undefined;
  let failedAt: number | undefined;

  function round(): Promise<void> {
    underWay ??= noteDue().finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  async function noteDue(): Promise<void> {
    if (failedAt !== undefined && isWithin(retryPause, failedAt, context.host.now())) return;
    try {
      failedAt = undefined;
      await noteUses(context, (work) => withSignal(context.timings.workDeadline, work, stopping.signal));
    } catch (error) {
      if (stopping.signal.aborted) return;
      failedAt = context.host.now();
      logFailure(context, error);
    }
  }

  /** Volumes that are still mounted are noted by the next daemon. */
  async function noteLast(): Promise<void> {
    await underWay;
    if (ended.size === 0) return;
    await noteUses(context, (work) => withSignal(stopPatience, work)).catch((error) =>
      logFailure(context, error),
    );
  }

  const rounds = createRepetition(() => round().then(() => pause), stopping.signal);
  return {
    begin: () => rounds.begin(pause),
    round,
    async stop() {
      stopping.abort();
      await Promise.race([noteLast(), sleep(stopPatience, undefined, { ref: false })]);
    },
  };
}

type InTime = (work: (signal: AbortSignal) => Promise<void>) => Promise<void>;

/** What cannot be noted now stays for the next round. */
async function noteUses(context: DriverContext, inTime: InTime): Promise<void> {
  const { backend, uses } = context;
  for (const [at, volumes] of dueUses(context)) {
    await inTime((signal) => backend.noteUse(volumes, at, signal));
    for (const { id } of volumes) {
      uses.notedAt.set(id, at);
      const use = uses.ended.get(id);
      if (use !== undefined && use.at <= at) uses.ended.delete(id);
    }
  }
}

/** By time: the volumes that are mounted here, and those that were. */
function dueUses({
  host,
  ledger,
  uses: { ended, notedAt },
}: DriverContext): ReadonlyMap<number, readonly Volume[]> {
  const now = host.now();
  for (const [id, at] of notedAt) if (!isWithin(pace, at, now)) notedAt.delete(id);
  const latest = new Map(ended);
  for (const { volume, seen } of ledger.entries())
    if (seen !== undefined) latest.set(volume.id, { volume, at: now });
  const due = new Map<number, Volume[]>();
  for (const [id, { volume, at }] of latest) {
    if (notedAt.has(id)) continue;
    const until = Math.min(now, Math.ceil(at / minute) * minute);
    due.set(until, [...(due.get(until) ?? []), volume]);
  }
  return due;
}

/** A time in the future is one of a wrong clock. */
function isWithin(span: number, at: number, now: number): boolean {
  return at <= now && now - at < span;
}

function logFailure({ log, name }: DriverContext, error: unknown): void {
  log.write('debug', 'use-not-noted', { driver: name, error });
}

/** Volumes that are not mounted here and were not noted as used by any host within two hours. */
export async function unusedVolumes(context: DriverContext): Promise<readonly UnusedVolume[]> {
  const { backend, host, ledger, timings } = context;
  const noted = await withSignal(timings.callDeadline, (signal) => backend.lastUses(signal));
  const now = host.now();
  const isShared = backend.capabilities.scope === 'global';
  const unused: UnusedVolume[] = [];
  for (const view of viewVolumes(context)) {
    const { volume } = view;
    if (isUnreadable(volume) || ledger.get(volume.name) !== undefined) continue;
    const lastUsed = lastOf([noted.get(volume.id), ...ownUses(context, volume)], now + clockSlack);
    if (isShared && lastUsed !== undefined && now - lastUsed < mayBeUsed) continue;
    unused.push({ view, ...(lastUsed === undefined ? {} : { lastUsed }) });
  }
  return unused;
}

/** From memory: what was not noted yet, or is not in the backend's list yet. */
function ownUses({ uses }: DriverContext, { id }: Volume): readonly (number | undefined)[] {
  return [uses.ended.get(id)?.at, uses.notedAt.get(id)];
}

function lastOf(times: readonly (number | undefined)[], latest: number): number | undefined {
  const known = times.filter((at) => at !== undefined).filter((at) => at <= latest);
  return known.length === 0 ? undefined : Math.max(...known);
}

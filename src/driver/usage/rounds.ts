import { setTimeout as sleep } from 'node:timers/promises';
import type { Measured, Usage } from '../../core/usage.ts';
import { isUnreadable, type Volume } from '../../core/volume.ts';
import { type DriverContext, mountpointOf } from '../context.ts';
import { withSignal } from '../deadline.ts';
import { createRepetition } from '../repetition.ts';
import { isOurs } from '../staging.ts';
import { createTrashRounds } from './trash.ts';
import { createFillWarnings, type FillWarnings } from './warnings.ts';

/** Measures the volumes one after the other, in the background: no call of an engine ever waits for it. */
export interface UsageRounds {
  /** The first round comes a little later. */
  begin(): void;
  /** One round, now. Never rejects. */
  round(): Promise<void>;
  /**
   * How full the volume is: as last measured, or measured now if its use never was. Undefined if that is not known within half a minute;
   * the measurement goes on.
   */
  of(volume: Volume): Promise<Usage | undefined>;
  /** Cancels the current measurement, and waits briefly for its end. */
  stop(): Promise<void>;
}

/** Milliseconds between two rounds. Each measures the volumes that are due. */
const pause = 10_000;
/** At most this many volumes that are not mounted here per round, so that the mounted ones have their turn. */
const mostIdle = 100;
/** Milliseconds between two volumes. */
const breath = 10;
/** Milliseconds that a caller waits for the first measurement of a volume. Kubelets wait for two minutes. */
const firstPatience = 30_000;
/** Milliseconds that a stop waits. While a storage hangs, a measurement does not end. */
const stopPatience = 2_000;

export function startUsageRounds(context: DriverContext): UsageRounds {
  const stopping = new AbortController();
  const warnings = createFillWarnings(context.name, context.log);
  const trash = createTrashRounds(context);
  let underWay: Promise<void> | undefined;

  function round(): Promise<void> {
    underWay ??= measureDue(context, warnings, stopping.signal)
      .then(() => trash(stopping.signal))
      .finally(() => {
        underWay = undefined;
      });
    return underWay;
  }

  /** By ID: volumes that are measured for the first time. */
  const first = new Map<string, Promise<void>>();

  function measureFirst(volume: Volume): Promise<void> {
    const measuring =
      first.get(volume.id) ??
      measure(context, warnings, volume, stopping.signal).finally(() => first.delete(volume.id));
    first.set(volume.id, measuring);
    return measuring;
  }

  /** A measurement from before the volume was mounted may have its size alone, also one that is under way. */
  async function of(volume: Volume): Promise<Usage | undefined> {
    const isKnown = () => context.usage.of(volume)?.usedBytes !== undefined;
    const measuring = async () => {
      if (!isKnown()) await measureFirst(volume);
      if (!isKnown()) await measureFirst(volume);
    };
    await Promise.race([measuring(), sleep(firstPatience, undefined, { ref: false })]);
    return context.usage.of(volume);
  }

  const rounds = createRepetition(() => round().then(() => pause), stopping.signal);
  return {
    begin: () => rounds.begin(pause),
    round,
    of,
    async stop() {
      stopping.abort();
      await Promise.race([underWay, new Promise((resolve) => setTimeout(resolve, stopPatience).unref())]);
    },
  };
}

async function measureDue(
  context: DriverContext,
  warnings: FillWarnings,
  stopping: AbortSignal,
): Promise<void> {
  const { catalog, usage } = context;
  for (const volume of dueVolumes(context)) {
    if (stopping.aborted) return;
    await measure(context, warnings, volume, stopping);
    await sleep(breath, undefined, { ref: false });
  }
  if (usage.size > catalog.size) usage.keep(readable(catalog.volumes()));
}

function dueVolumes({ catalog, ledger, usage, timings }: DriverContext): readonly Volume[] {
  const isStaged = ({ name }: Volume) => ledger.get(name)?.seen !== undefined;
  const staged: Volume[] = [];
  const idle: Volume[] = [];
  for (const volume of readable(catalog.volumes())) {
    if (isStaged(volume)) {
      if (usage.isDue(volume, timings.usage)) staged.push(volume);
    } else if (idle.length < mostIdle && usage.isDue(volume, timings.idleUsage)) idle.push(volume);
  }
  return [...staged, ...idle];
}

function* readable(volumes: ReturnType<DriverContext['catalog']['volumes']>): Iterable<Volume> {
  for (const volume of volumes) if (!isUnreadable(volume)) yield volume;
}

async function measure(
  context: DriverContext,
  warnings: FillWarnings,
  volume: Volume,
  stopping: AbortSignal,
): Promise<void> {
  const { name: driver, log, usage } = context;
  const began = performance.now();
  const took = () => performance.now() - began;
  try {
    const measured = await measuredNow(context, volume, stopping);
    usage.note(volume, measured, took());
    if (measured !== undefined) warnings.note(volume, measured);
  } catch (error) {
    usage.note(volume, undefined, took());
    if (!stopping.aborted) log.write('debug', 'usage-unknown', { driver, volume: volume.name, error });
  }
}

/** The volume must be mounted there before and after: a bare mountpoint would show the disk below it. */
async function measuredNow(
  context: DriverContext,
  volume: Volume,
  stopping: AbortSignal,
): Promise<Measured | undefined> {
  const { backend, host, ledger, timings } = context;
  const place = mountpointOf(context, volume.name);
  const isThere = async () => isOurs(ledger.get(volume.name), await host.mounts.at(place));
  const mountpoint = (await isThere()) ? place : undefined;
  const measured = await withSignal(
    timings.workDeadline,
    (signal) => backend.usage(volume, mountpoint, signal),
    stopping,
  );
  return mountpoint === undefined || (await isThere()) ? measured : undefined;
}

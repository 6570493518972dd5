import { followChanges } from './change-watch.ts';
import type { DriverContext } from './context.ts';
import { within, withSignal } from './deadline.ts';
import { createRepetition } from './repetition.ts';

/** Keeps the catalog up to date with the storage and with other hosts, and purges removed volumes whose time is over. */
export interface Refresher {
  /** The first round comes a little later, so that it does not slow down the start. */
  begin(): void;
  /** For a catalog that is not complete: waits a little for the first list. Never rejects. */
  firstList(known: 'nothing' | 'something'): Promise<void>;
  /** Cancels the current round and waits briefly. After that, the storage is not asked any more. */
  stop(): Promise<void>;
}

/**
 * Milliseconds that a start waits for the storage: without a cache, and with one that may have been cut off. An engine disables a
 * managed plugin after 9 s.
 */
const firstListPatience = { nothing: 5_000, something: 1_000 } as const;

/** Milliseconds that a stop waits for the cancelled round, which may take longer on a server that hangs. */
const stopPatience = 5_000;

/** After a failed look, the pause is this many times as long. */
const pausesAfterFailure = 6;

export function startRefresher(context: DriverContext): Refresher {
  const { timings, log } = context;
  const stopping = new AbortController();

  async function round(): Promise<number> {
    await refresh(context, stopping.signal);
    if (!stopping.signal.aborted) await purge(context, stopping.signal);
    return timings.refresh;
  }

  async function watch(): Promise<number> {
    return timings.watch * ((await followChanges(context, stopping.signal)) ? 1 : pausesAfterFailure);
  }

  const rounds = createRepetition(round, stopping.signal);
  const watches = createRepetition(watch, stopping.signal);
  return {
    begin() {
      rounds.begin(timings.firstRefresh);
      watches.begin(timings.watch);
    },
    firstList: (known) =>
      within(
        refresh(context, stopping.signal),
        firstListPatience[known],
        'The storage did not list its volumes in time.',
      ).catch((error) => log.write('warn', 'storage-slow', { driver: context.name, error })),
    async stop() {
      stopping.abort();
      const ended = Promise.all([rounds.underWay(), watches.underWay()]);
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, stopPatience).unref())]);
    },
  };
}

async function refresh(
  { name: driver, backend, catalog, ledger, log, timings }: DriverContext,
  stopping: AbortSignal,
): Promise<void> {
  try {
    const list = () => withSignal(timings.workDeadline, (signal) => backend.list(signal), stopping);
    await catalog.refresh(list, (name) => ledger.get(name) !== undefined);
  } catch (error) {
    if (!stopping.aborted) log.write('warn', 'list-failed', { driver, error });
  }
}

async function purge(
  { name: driver, backend, log, timings }: DriverContext,
  stopping: AbortSignal,
): Promise<void> {
  try {
    const purged = await withSignal(timings.workDeadline, (signal) => backend.purge(signal), stopping);
    for (const { volume } of purged)
      log.write('info', 'purged', { driver, volume: volume.name, id: volume.id });
  } catch (error) {
    if (!stopping.aborted) log.write('warn', 'purge-failed', { driver, error });
  }
}

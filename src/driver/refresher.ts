import type { DriverContext } from './context.ts';
import { within, withSignal } from './deadline.ts';

/** Keeps the catalog near the storage's list, and purges what was removed long enough ago. */
export interface Refresher {
  /** The first round comes a little later: the start has better things to do than to list what the cache knows. */
  begin(): void;
  /** For a catalog that knows nothing yet: waits a little for the first list. Never rejects. */
  firstList(): Promise<void>;
  /** Gives up the round that is under way, and waits a little for its end: then nothing of it is asked of the storage any more. */
  stop(): Promise<void>;
}

/** Milliseconds that a start without a cache waits for the storage: an engine disables a managed plugin after 9 s. */
const firstListPatience = 5_000;

/** Milliseconds that a stop waits for a round that was given up: one on a server that hangs may take longer. */
const stopPatience = 5_000;

export function startRefresher(context: DriverContext): Refresher {
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> = Promise.resolve();

  async function round(): Promise<void> {
    await refresh(context, stopping.signal);
    if (!stopping.signal.aborted) await purge(context, stopping.signal);
    if (!stopping.signal.aborted) next(context.timings.refresh);
  }

  function next(milliseconds: number): void {
    timer = setTimeout(() => {
      underWay = round();
    }, milliseconds);
    timer.unref();
  }

  return {
    begin: () => next(context.timings.firstRefresh),
    firstList: () =>
      within(
        refresh(context, stopping.signal),
        firstListPatience,
        'The storage did not list its volumes in time.',
      ).catch((error) => context.log.write('warn', 'storage-slow', { driver: context.name, error })),
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await Promise.race([underWay, new Promise((resolve) => setTimeout(resolve, stopPatience).unref())]);
    },
  };
}

async function refresh(
  { name: driver, backend, catalog, ledger, log, timings }: DriverContext,
  stopping: AbortSignal,
): Promise<void> {
  try {
    const list = () =>
      withSignal(timings.workDeadline, (signal) => backend.list(AbortSignal.any([signal, stopping])));
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
    const purged = await withSignal(timings.workDeadline, (signal) =>
      backend.purge(AbortSignal.any([signal, stopping])),
    );
    for (const { volume } of purged)
      log.write('info', 'purged', { driver, volume: volume.name, id: volume.id });
  } catch (error) {
    if (!stopping.aborted) log.write('warn', 'purge-failed', { driver, error });
  }
}

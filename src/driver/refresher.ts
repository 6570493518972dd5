import type { DriverContext } from './context.ts';
import { within, withSignal } from './deadline.ts';

/** Keeps the catalog near the storage's list, and purges what was removed long enough ago. */
export interface Refresher {
  /** The first round comes a little later: the start has better things to do than to list what the cache knows. */
  begin(): void;
  /** For a catalog that knows nothing yet: waits a little for the first list. Never rejects. */
  firstList(): Promise<void>;
  stop(): void;
}

/** Milliseconds that a start without a cache waits for the storage: an engine disables a managed plugin after 9 s. */
const firstListPatience = 5_000;

export function startRefresher(context: DriverContext): Refresher {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function round(): Promise<void> {
    await refresh(context);
    await purge(context);
    if (stopped) return;
    timer = setTimeout(() => void round(), context.timings.refresh);
    timer.unref();
  }

  return {
    begin() {
      timer = setTimeout(() => void round(), context.timings.firstRefresh);
      timer.unref();
    },
    firstList: () =>
      within(refresh(context), firstListPatience, 'The storage did not list its volumes in time.').catch(
        (error) => context.log.write('warn', 'storage-slow', { driver: context.name, error }),
      ),
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

async function refresh({
  name: driver,
  backend,
  catalog,
  ledger,
  log,
  timings,
}: DriverContext): Promise<void> {
  try {
    const list = () => withSignal(timings.workDeadline, (signal) => backend.list(signal));
    await catalog.refresh(list, (name) => ledger.get(name) !== undefined);
  } catch (error) {
    log.write('warn', 'list-failed', { driver, error });
  }
}

async function purge({ name: driver, backend, log, timings }: DriverContext): Promise<void> {
  try {
    const purged = await withSignal(timings.workDeadline, (signal) => backend.purge(signal));
    for (const { volume } of purged)
      log.write('info', 'purged', { driver, volume: volume.name, id: volume.id });
  } catch (error) {
    log.write('warn', 'purge-failed', { driver, error });
  }
}

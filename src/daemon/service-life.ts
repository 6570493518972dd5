import type { Environment } from '../config/environment.ts';
import type { Log } from '../core/log.ts';
import { createServiceNotice, type TellManager } from '../host/service-notice.ts';
import type { DriverHealth } from '../http/admin/health.ts';
import type { DriverSet } from './drivers/set.ts';

/** Notifies the service manager of the daemon's state. */
interface ServiceLife {
  /** The sockets are open. From now on, the manager gets the watchdog's signal and the status of the drivers. */
  ready(): void;
  reloading(): void;
  stopping(): void;
  /** No notice is sent after that. */
  end(): void;
}

interface LifeParts {
  readonly tell: TellManager;
  /** Milliseconds after which the manager gives up a daemon that is silent; undefined: it does not watch. */
  readonly watchdog: number | undefined;
  readonly status: () => string;
}

/** Milliseconds. A status is sent only when it has changed. */
const statusInterval = 5_000;

/**
 * The pulse comes from the main thread's own timer, half as far apart as the manager waits (sd_watchdog_enabled(3)): it stops
 * when the event loop does.
 */
export function createServiceLife({ tell, watchdog, status }: LifeParts): ServiceLife {
  const timers: NodeJS.Timeout[] = [];
  let told = '';

  const statusNow = (): readonly string[] => {
    const now = `STATUS=${status()}`;
    if (now === told) return [];
    told = now;
    return [now];
  };
  const every = (milliseconds: number, act: () => void): void => {
    timers.push(setInterval(act, milliseconds).unref());
  };
  const end = (): void => {
    for (const timer of timers.splice(0)) clearInterval(timer);
  };

  return {
    ready() {
      tell('READY=1', ...statusNow());
      if (timers.length > 0) return;
      if (watchdog !== undefined) every(watchdog / 2, () => tell('WATCHDOG=1'));
      every(statusInterval, () => {
        const changed = statusNow();
        if (changed.length > 0) tell(...changed);
      });
    },
    reloading: () => tell('RELOADING=1'),
    stopping: () => tell('STOPPING=1', 'STATUS=Stopping'),
    end,
  };
}

/** One line for `systemctl status`: how many drivers serve, how many volumes are mounted here, and what is wrong. */
export function statusLine(
  health: readonly DriverHealth[],
  drivers: Iterable<{ readonly members: readonly unknown[]; status(): { readonly mounted: number } }>,
): string {
  const own = [...drivers].filter(({ members }) => members.length === 0);
  const mounted = own.reduce((sum, driver) => sum + driver.status().mounted, 0);
  const named = (state: DriverHealth['state']) =>
    health.flatMap(({ driver, state: its }) => (its === state ? [driver] : [])).join(', ');
  const ready = health.filter(({ state }) => state === 'ready').length;
  return [
    `${ready} of ${health.length} drivers ready`,
    `${mounted} ${mounted === 1 ? 'volume' : 'volumes'} mounted`,
    ...(named('recovering') === '' ? [] : [`recovering: ${named('recovering')}`]),
    ...(named('failed') === '' ? [] : [`not open: ${named('failed')}`]),
  ].join('; ');
}

/** The life of the daemon with these drivers. */
export async function openServiceLife(
  environment: Environment,
  set: DriverSet,
  log: Log,
): Promise<ServiceLife> {
  return createServiceLife({
    tell: await createServiceNotice({
      socket: environment.notifySocket,
      systemCalls: 'auto',
      failed: (error) => log.write('warn', 'manager-not-told', { error }),
    }),
    watchdog: watchdogOf(environment),
    status: () => statusLine(set.health(), set.drivers().values()),
  });
}

/** Milliseconds. Undefined: the manager does not watch, or it watches another process. */
function watchdogOf({ watchdogUsec, watchdogPid = process.pid }: Environment): number | undefined {
  return watchdogUsec === undefined || watchdogPid !== process.pid ? undefined : watchdogUsec / 1000;
}

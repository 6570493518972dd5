import type { Log } from '../core/log.ts';
import type { AskEngine } from '../engines/questions.ts';

/** Milliseconds: a starting engine retries a call to an absent driver for 15 s. */
const failureDelay = 30_000;

/** Logs, once, the containers that their engine gave up while the driver was absent. Runs outside of any call. */
export function watchContainers(ask: AskEngine, drivers: readonly string[], log: Log): NodeJS.Timeout {
  const look = async (): Promise<void> => {
    const { failedContainers } = await import('../engines/failed-containers.ts');
    const { runningSockets } = await import('../engines/life.ts');
    for (const failed of await failedContainers(ask, drivers, await runningSockets()))
      log.write('warn', 'container-not-started', { ...failed });
  };
  return setTimeout(() => void look(), failureDelay).unref();
}

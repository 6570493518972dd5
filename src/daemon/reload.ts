import { configurationChanges } from '../config/changes.ts';
import type { Configuration } from '../config/configuration.ts';
import type { LoadedConfiguration } from '../config/load-configuration.ts';
import { problemText } from '../config/problem.ts';
import type { Log } from '../core/log.ts';
import type { DriverName } from '../core/names.ts';
import { shown } from '../core/shown.ts';
import { asVolumeError, VolumeError } from '../core/volume-error.ts';
import { createMutex } from '../core/waits/mutex.ts';
import type { Reload } from '../http/admin/reload-routes.ts';
import type { ReloadAnswer } from '../http/admin/shapes/daemon.ts';
import type { DriverDoors } from './doors/drivers.ts';
import type { DriverSet } from './drivers/set.ts';
import type { Taken } from './drivers/take-up.ts';

export interface ReloadParts {
  load(): Promise<LoadedConfiguration>;
  current(): Configuration;
  readonly set: Pick<DriverSet, 'take' | 'foresee'>;
  readonly doors: Pick<DriverDoors, 'open' | 'remove'>;
  readonly log: Log;
}

export interface Reloading {
  readonly reload: Reload;
  /** What `reload` would answer now. Changes nothing, opens no socket, and asks no storage. */
  readonly foresee: Reload;
}

/**
 * Takes up what has changed in the drivers of the configuration. One that cannot be taken up continues as it was. If anything else has
 * changed, all is refused.
 */
export function createReload({ load, current, set, doors, log }: ReloadParts): Reloading {
  /** Drivers whose socket could not be opened yet: the next reload tries again. */
  const silent = new Set<DriverName>();

  async function wanted(): Promise<Configuration> {
    const after = usable(await load());
    const { needRestart } = configurationChanges(current(), after);
    if (needRestart.length > 0) throw onlyByRestart(needRestart);
    return after;
  }

  async function foresee(): Promise<ReloadAnswer> {
    const { added, changed, removed, refused } = await set.foresee(await wanted());
    const late = [...silent].filter((name) => !removed.includes(name));
    return answerOf({ added: [...late, ...added], changed, removed, refused });
  }

  async function reload(): Promise<ReloadAnswer> {
    const after = await wanted();
    const { added, changed, removed, refused } = await set.take(after);
    for (const name of removed) {
      silent.delete(name);
      await doors.remove(name);
    }
    const late = [...silent];
    for (const name of added) silent.add(name);
    const unheard = await openSockets();
    const troubles = [...refused, ...unheard];
    for (const { driver, error } of troubles) log.write('error', 'driver-not-reloaded', { driver, error });
    const heard = [...late, ...added].filter((name) => !silent.has(name));
    return answerOf({ added: heard, changed, removed, refused: troubles });
  }

  async function openSockets(): Promise<readonly { driver: DriverName; error: VolumeError }[]> {
    const failures: { driver: DriverName; error: VolumeError }[] = [];
    for (const name of silent) {
      try {
        await doors.open(name);
        silent.delete(name);
      } catch (cause) {
        failures.push({ driver: name, error: unheardOf(name, cause) });
      }
    }
    return failures;
  }

  const oneByOne = createMutex();
  const act: Reload = () =>
    oneByOne(async () => {
      try {
        const answer = await reload();
        const { added, changed, removed } = answer;
        log.write('info', 'reloaded', { added, changed, removed });
        return answer;
      } catch (thrown) {
        const error = asVolumeError(thrown, 'The configuration could not be reloaded');
        log.write('error', 'reload-failed', { error });
        throw error;
      }
    });
  return { reload: act, foresee: () => oneByOne(foresee) };
}

function answerOf({ added, changed, removed, refused }: Taken): ReloadAnswer {
  return {
    added: [...added],
    changed: [...changed],
    removed: [...removed],
    refused: refused.map(({ driver, error: { code, message } }) => ({ driver, error: { code, message } })),
  };
}

function unheardOf(name: DriverName, cause: unknown): VolumeError {
  const { message } = asVolumeError(cause, 'its socket could not be opened');
  return new VolumeError(
    'failed',
    `Driver ${name} was added, but engines cannot reach it: ${message} Fix that, then reload again.`,
    { cause },
  );
}

function usable(loaded: LoadedConfiguration): Configuration {
  if (loaded.kind === 'usable') return loaded.configuration;
  const problems = loaded.problems.map((problem) => shown(problemText(problem))).join('; ');
  throw new VolumeError(
    'invalid',
    `Nothing was changed, because the configuration cannot be used: ${problems}.`,
  );
}

function onlyByRestart(changes: readonly string[]): VolumeError {
  return new VolumeError(
    'conflict',
    `Nothing was changed: ${changes.join(', ')}. A running daemon takes up only changes of drivers: restart Holdfast for the rest. Containers keep their volumes.`,
  );
}

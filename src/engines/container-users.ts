import { existsSync } from 'node:fs';
import type { ContainerUsers } from '../core/engine/used-by.ts';
import type { AskEngine } from './questions.ts';
import { type Engine, usualEngines } from './usual-engines.ts';

/** Milliseconds: a user waits for it. */
const patience = 2_000;

/**
 * The containers that refer to a volume of this name by one of these driver names, according to each engine of the host. Never
 * rejects. An engine without a socket has none. Must not be called while answering a call of an engine.
 */
export async function containerUsers(
  ask: AskEngine,
  name: string,
  drivers: readonly string[],
  engines: readonly Engine[] = usualEngines,
): Promise<ContainerUsers> {
  const told = await Promise.all(engines.map((engine) => usersOf(ask, engine, name, drivers)));
  return {
    containers: told.flatMap(({ containers }) => containers),
    silent: told.flatMap(({ silent }) => silent),
  };
}

async function usersOf(
  ask: AskEngine,
  engine: Engine,
  name: string,
  drivers: readonly string[],
): Promise<ContainerUsers> {
  if (!existsSync(engine.socket)) return { containers: [], silent: [] };
  try {
    const listed = await ask('containers', engine.socket, { volume: name }, patience);
    const containers = (listed ?? []).flatMap(({ id, name: container, state, volumes }) =>
      volumes
        .filter((volume) => volume.name === name && drivers.includes(driverName(volume.driver)))
        .map(({ destination }) => ({ engine: engine.name, id, name: container, state, destination })),
    );
    return { containers, silent: [] };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { containers: [], silent: [{ engine: engine.name, reason }] };
  }
}

/** The name of a managed plugin includes its tag. */
function driverName(driver: string): string {
  return driver.replace(/:latest$/, '');
}

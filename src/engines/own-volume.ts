import { existsSync } from 'node:fs';
import type { VolumeName } from '../core/names.ts';
import type { AskEngine } from './questions.ts';
import { type Engine, usualEngines } from './usual-engines.ts';

/** An engine whose own `local` driver has a volume of the name, or may have one. */
export interface EngineWithOwn {
  readonly engine: Engine;
  /** Why it is unknown; undefined: it has one. */
  readonly unknown?: string;
}

export type EnginesWithOwn = (name: VolumeName) => Promise<readonly EngineWithOwn[]>;

/** Milliseconds; a command waits that long. */
const patience = 2_000;

/**
 * The engines that have a volume of this name in their own `local` driver: their containers get that one. Never rejects; of an
 * engine that gives no answer within 2 s it is unknown. Must not be called while answering a call of an engine.
 */
export async function enginesWithOwn(
  ask: AskEngine,
  name: VolumeName,
  engines: readonly Engine[] = usualEngines,
): Promise<readonly EngineWithOwn[]> {
  const running = engines.filter(({ socket }) => existsSync(socket));
  const have = await Promise.all(
    running.map(async (engine): Promise<readonly EngineWithOwn[]> => {
      try {
        const own = await ask('volumes', engine.socket, { driver: 'local' }, patience);
        const has = own?.some((volume) => volume.name === name && volume.driver === 'local');
        return has ? [{ engine }] : [];
      } catch (error) {
        return [{ engine, unknown: error instanceof Error ? error.message : String(error) }];
      }
    }),
  );
  return have.flat();
}

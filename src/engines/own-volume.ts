import type { VolumeName } from '../core/names.ts';
import type { AskEngine } from './questions.ts';
import { type Engine, usualEngines } from './usual-engines.ts';

export type EnginesWithOwn = (name: VolumeName) => Promise<readonly Engine[]>;

/** Milliseconds; a command waits that long. */
const patience = 2_000;

/**
 * The engines that have a volume of this name in their own `local` driver: their containers get that one. Never rejects; an
 * engine that does not answer within 2 s is left out. Must not be called while answering a call of an engine.
 */
export async function enginesWithOwn(
  ask: AskEngine,
  name: VolumeName,
  engines: readonly Engine[] = usualEngines,
): Promise<readonly Engine[]> {
  const have = await Promise.all(
    engines.map(async ({ socket }) => {
      const volume = await ask('volume', socket, { name }, patience).catch(() => undefined);
      return volume?.name === name && volume.driver === 'local';
    }),
  );
  return engines.filter((_, index) => have[index]);
}

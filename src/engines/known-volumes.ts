import type { AskEngine } from './questions.ts';
import { usualSockets } from './usual-engines.ts';

/** The volumes of these drivers in an engine's own list. */
export interface KnownVolumes {
  readonly socket: string;
  readonly volumes: readonly string[];
}

/** Milliseconds; a command waits that long. */
const patience = 2_000;

/** Engines that know volumes of these drivers. Never rejects; an engine that does not answer within 2 s is left out. */
export async function knownVolumes(
  ask: AskEngine,
  drivers: readonly string[],
  sockets: readonly string[] = usualSockets,
): Promise<readonly KnownVolumes[]> {
  const each = await Promise.all(
    sockets.map((socket) => ask('volumes', socket, {}, patience).catch(() => undefined)),
  );
  return sockets
    .map((socket, index) => ({
      socket,
      volumes: (each[index] ?? []).filter(({ driver }) => drivers.includes(driver)).map(({ name }) => name),
    }))
    .filter(({ volumes }) => volumes.length > 0);
}

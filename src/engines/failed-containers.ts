import type { AskEngine } from './questions.ts';
import { usualSockets } from './usual-engines.ts';

/** A container with a restart policy that its engine could not start. */
export interface FailedContainer {
  readonly socket: string;
  readonly container: string;
  readonly volumes: readonly string[];
  /** The engine's error message. */
  readonly reason: string;
}

/** Milliseconds for one question, where nobody waits. */
const usualPatience = 10_000;

/**
 * Containers with a restart policy and volumes of these drivers that the engine could not start, usually because the driver
 * was absent. The engine does not retry. Never rejects; engines that do not answer are skipped.
 */
export async function failedContainers(
  ask: AskEngine,
  drivers: readonly string[],
  sockets: readonly string[] = usualSockets,
  patience = usualPatience,
): Promise<readonly FailedContainer[]> {
  const each = await Promise.all(
    sockets.map((socket) => failedOf(ask, socket, drivers, patience).catch(() => [])),
  );
  return each.flat();
}

async function failedOf(
  ask: AskEngine,
  socket: string,
  drivers: readonly string[],
  patience: number,
): Promise<readonly FailedContainer[]> {
  const listed = await ask('containers', socket, { states: ['exited', 'created'] }, patience);
  const failed: FailedContainer[] = [];
  for (const { id, volumes } of listed ?? []) {
    const ours = volumes.filter(({ driver }) => drivers.includes(driver)).map(({ name }) => name);
    if (ours.length === 0) continue;
    const container = await ask('container', socket, { id }, patience);
    if (container === undefined || container.error === '') continue;
    if (['', 'no'].includes(container.restartPolicy)) continue;
    failed.push({ socket, container: container.name, volumes: ours, reason: container.error });
  }
  return failed;
}

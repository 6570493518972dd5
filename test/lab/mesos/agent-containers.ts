import type { Task, TaskWish } from './agent.ts';
import { type AgentProcess, keyOf } from './agent-process.ts';

/** A container in a checkpoint of the agent. */
export interface Container<T extends Task> {
  readonly wish: TaskWish;
  starting?: Promise<T>;
  /** Set once its launch is finished. */
  task?: T;
  /** Its unmount failed, so only the checkpoint still knows it. */
  ended?: boolean;
}

/** By the container's ID. */
export type Checkpoints<T extends Task> = Map<string, Container<T>>;

/** Unmounts volumes that no other container has; forgets the container if that succeeded. */
export async function cleanUp<T extends Task>(
  agent: AgentProcess,
  checkpoints: Checkpoints<T>,
  id: string,
): Promise<void> {
  const mine = agent.volumes.get(id) ?? [];
  // Removed before the unmounts, so that a failed one leaves no user.
  agent.volumes.delete(id);
  const container = checkpoints.get(id);
  if (container !== undefined) container.ended = true;
  const kept = new Set([...agent.volumes.values()].flat().map(keyOf));
  const unused = mine.filter((volume) => !kept.has(keyOf(volume)));
  const unmounts = await Promise.all(unused.map((volume) => agent.call('unmount', volume)));
  if (unmounts.every((ended) => ended?.exitCode === 0)) checkpoints.delete(id);
}

/**
 * Containers that the agent or its launcher knows count as users at once. Those that only a checkpoint knows (unknown orphans)
 * are recovered and cleaned up one by one. Each of them unmounts its volumes, even if others have the same ones.
 */
export async function recover<T extends Task>(
  agent: AgentProcess,
  checkpoints: Checkpoints<T>,
): Promise<void> {
  const all = [...checkpoints];
  const known = all.filter(([, container]) => isKnown(container));
  for (const [id, { wish }] of known) agent.volumes.set(id, wish.volumes);
  const unknown = all
    .filter(([, container]) => !isKnown(container))
    .map(([id, { wish }]) => {
      agent.volumes.set(id, wish.volumes);
      return cleanUp(agent, checkpoints, id);
    });
  const lost = known.filter(([, { wish, task }]) => !(task?.running() && wish.checkpointed));
  const destroyed = lost.map(async ([id, { task, starting }]) => {
    await (task ?? (await starting?.catch(() => undefined)))?.kill();
    if (agent.isAlive()) await cleanUp(agent, checkpoints, id);
  });
  await Promise.all([...unknown, ...destroyed]);
}

/** Whether the agent or its launcher knows the container. */
function isKnown<T extends Task>({ wish, task, starting, ended = false }: Container<T>): boolean {
  if (ended) return false;
  return task === undefined ? starting !== undefined : wish.checkpointed || task.running();
}

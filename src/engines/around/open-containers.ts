import {
  type Around,
  type Containers,
  isAnything,
  nothingPrepared,
  type UsedVolume,
} from '../../core/protect/containers.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { createOwedCommands, type OwedParts } from './owed-commands.ts';
import { createPauses, type PausesParts } from './pauses.ts';
import { type AroundPlan, placeOf, planAround, type UsingContainer } from './plan.ts';
import { type ContainerCommand, runInContainer } from './run-command.ts';

export interface OpenContainers extends Containers {
  /** Resolves once what an earlier process left paused was tried. */
  readonly begun: Promise<void>;
  close(): Promise<void>;
}

/** Prepares the containers of this host's engines for copies of their volumes. Never to be called while answering a call of an engine. */
export function openContainers(parts: PausesParts & OwedParts): OpenContainers {
  const { ask } = parts;
  const pauses = createPauses(parts);
  const owed = createOwedCommands(parts, pauses.begun);

  async function look(used: UsedVolume, around: Around): Promise<AroundPlan> {
    return planAround(used.volume, await usersOf(parts, used), around);
  }

  async function undo(paused: ReadonlySet<UsingContainer>, { after }: AroundPlan): Promise<void> {
    const failures: unknown[] = [];
    for (const container of paused)
      await pauses.unpause(placeOf(container)).catch((error) => failures.push(error));
    await owed.run(after).catch((error) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  return {
    begun: pauses.begun,
    async close() {
      await pauses.close();
      await owed.close();
    },
    async foresee(used, around) {
      if (!isAnything(around)) return { steps: [], paused: new Set() };
      const { before, pause, after } = await look(used, around);
      const run =
        (verb: string) =>
        ({ name, command }: ContainerCommand) =>
          `${JSON.stringify(command)} would be run in container ${name} ${verb}.`;
      const paused = pause.map(({ name }) => `Container ${name} would be paused meanwhile.`);
      const steps = [...before.map(run('before')), ...paused, ...after.map(run('afterwards'))];
      return { steps, paused: new Set(pause.map(({ id }) => id)) };
    },
    async prepare(used, around) {
      if (!isAnything(around)) return nothingPrepared;
      await owed.begun;
      const plan = await look(used, around);
      const ours = new Set<UsingContainer>();
      await owed.add(plan.after);
      try {
        for (const command of plan.before) await runInContainer(ask, command);
        for (const container of plan.pause) {
          ours.add(container);
          if (!(await pauses.pause(placeOf(container)))) ours.delete(container);
        }
      } catch (error) {
        await undo(ours, plan).catch(() => undefined);
        throw error;
      }
      let released: Promise<void> | undefined;
      return {
        paused: new Set(plan.pause.map(({ id }) => id)),
        release: () => {
          released ??= undo(ours, plan);
          return released;
        },
      };
    },
  };
}

/** Throws `unavailable` if an engine does not tell: one of its containers may write. */
async function usersOf(
  { ask, engines, patience = 10_000 }: PausesParts,
  { volume, drivers }: UsedVolume,
): Promise<readonly UsingContainer[]> {
  const each = (await engines()).map(async (engine) => {
    const listed = await ask('containers', engine.socket, { volume }, patience).catch((error) => {
      const words = error instanceof Error ? error.message : String(error);
      const message = `${engine.name} does not say which containers use volume ${volume}: ${words}`;
      throw new VolumeError('unavailable', message, { cause: error });
    });
    return (listed ?? [])
      .filter(({ state }) => state === 'running' || state === 'paused')
      .flatMap((container) => {
        const has = container.volumes.some(
          (one) => one.name === volume && drivers.includes(one.driver.replace(/:latest$/, '')),
        );
        return has ? [{ ...container, engine }] : [];
      });
  });
  return (await Promise.all(each)).flat();
}

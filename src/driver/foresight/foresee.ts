import type { VolumeName } from '../../core/names.ts';
import { requireReadable, type Volume } from '../../core/volume.ts';
import { asVolumeError } from '../../core/volume-error.ts';
import { type DriverContext, lookupVolume } from '../context.ts';
import { requireEqual } from '../create.ts';
import { within, withSignal } from '../deadline.ts';
import { missingHere } from '../missing.ts';
import { noSource } from '../protect/clone.ts';
import { viewVolume } from '../read.ts';
import { isMeant, notRemoved } from '../removed.ts';
import { listRemoved } from '../undelete.ts';
import type { Foreseen, ForeseenStep, Intent } from '../volume-driver.ts';
import { type ForeseenCopy, foreseeCopy, type PrepareForeseen } from './copy.ts';
import { foreseeMount, foreseeUnmount } from './holders.ts';
import { foreseeGrowth, foreseeModification, foreseeWithSnapshot } from './protect.ts';
import { fateStep, foreseeTakeDown } from './take-down.ts';

/** Runs in the volume's queue like the call itself, so that no call is under way meanwhile. */
export async function foresee(context: DriverContext, intent: Intent): Promise<Foreseen> {
  const isCreate = intent.verb === 'create';
  const planned = isCreate ? context.backend.plan(intent.name, intent.options) : undefined;
  const prepare = isCreate ? intent.prepare : undefined;
  const work = context.queue.run(intent.name, () =>
    planned === undefined ? foreseeNow(context, intent) : foreseeCreate(context, planned, prepare),
  );
  const late = `What would happen to volume ${intent.name} is not known yet: other work on it goes on. Try again.`;
  return within(work, context.timings.callDeadline, late);
}

async function foreseeNow(context: DriverContext, intent: Intent): Promise<Foreseen> {
  const { name } = intent;
  if (intent.verb === 'mount') return { steps: await foreseeMount(context, name, intent.id) };
  if (intent.verb === 'unmount') return { steps: await foreseeUnmount(context, name, intent.id) };
  if (intent.verb === 'undelete') return foreseeUndelete(context, intent);
  if (intent.verb === 'release') return { steps: await foreseeRelease(context, name) };
  if (intent.verb === 'grow') return foreseeGrowth(context, name, intent.size);
  if (intent.verb === 'modify') return foreseeModification(context, name, intent.options);
  if ('snapshot' in intent) return { steps: await foreseeWithSnapshot(context, intent) };
  return { steps: await foreseeRemove(context, name) };
}

async function foreseeCreate(
  context: DriverContext,
  volume: Volume,
  prepare: PrepareForeseen | undefined,
): Promise<Foreseen> {
  const { timings, name: driver } = context;
  const recorded = await lookupVolume(context, volume.name, timings.callDeadline);
  if (recorded !== undefined) {
    requireEqual(context, recorded, volume);
    return { steps: [], volume: requireReadable(recorded) };
  }
  const made = await foreseeAbsent(context, volume, prepare).catch((error) => {
    throw asVolumeError(error, `Volume ${volume.name} could not be created`);
  });
  const options = Object.entries(made.volume.options).map(([key, value]) => `${key}=${value}`);
  const about = [`in driver ${driver}`, ...options].join(', ');
  return { steps: [...made.before, { act: 'create', about }], volume: made.volume };
}

async function foreseeAbsent(
  context: DriverContext,
  volume: Volume,
  prepare: PrepareForeseen | undefined,
): Promise<ForeseenCopy> {
  const { from } = volume.options;
  if (from !== undefined) return foreseeCopy(context, volume, from, prepare);
  if (prepare !== undefined) throw noSource(volume);
  await withSignal(context.timings.callDeadline, (signal) =>
    context.backend.foresee({ verb: 'create', volume }, signal),
  );
  return { volume, before: [] };
}

async function foreseeUndelete(
  context: DriverContext,
  { name, id, as }: Intent & { readonly verb: 'undelete' },
): Promise<Foreseen> {
  const { backend, timings, name: driver } = context;
  const removed = (await listRemoved(context)).find((one) => isMeant(one, name, id));
  if (removed === undefined) throw notRemoved(driver, name, id);
  const renaming = as === undefined || as === name ? {} : { as };
  await withSignal(timings.callDeadline, (signal) =>
    backend.foresee({ verb: 'undelete', removed, ...renaming }, signal),
  );
  const { volume, removedAt } = removed;
  const under = as === undefined ? '' : `, as ${as}`;
  const steps = [{ act: 'undelete', about: `${volume.id}, removed at ${removedAt}${under}` }] as const;
  return { steps, volume: { ...volume, name: as ?? name } };
}

async function foreseeRelease(context: DriverContext, name: VolumeName): Promise<readonly ForeseenStep[]> {
  try {
    if (context.ledger.get(name)) return await foreseeTakeDown(context, name, 'release');
  } catch (error) {
    throw asVolumeError(error, `Volume ${name} could not be released`);
  }
  if ((await viewVolume(context, name)) !== undefined) return [];
  throw await missingHere(context, name);
}

async function foreseeRemove(context: DriverContext, name: VolumeName): Promise<readonly ForeseenStep[]> {
  const { backend, timings } = context;
  try {
    const steps = await foreseeTakeDown(context, name, 'remove');
    const found = await lookupVolume(context, name, timings.callDeadline);
    const volume = found && requireReadable(found);
    if (volume === undefined) return steps;
    const fate = await withSignal(timings.callDeadline, (signal) =>
      backend.foresee({ verb: 'remove', volume }, signal),
    );
    return [...steps, ...(fate === undefined ? [] : [fateStep(fate)])];
  } catch (error) {
    throw asVolumeError(error, `Volume ${name} could not be removed`);
  }
}

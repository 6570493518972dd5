import type { VolumeName } from '../core/names.ts';
import { type Options, optionsDifference, type Volume } from '../core/volume.ts';
import { asVolumeError, VolumeError } from '../core/volume-error.ts';
import { type DriverContext, lookupVolume } from './context.ts';
import { within, withSignal } from './deadline.ts';

export async function createVolume(
  context: DriverContext,
  name: VolumeName,
  options: Options,
): Promise<void> {
  const plan = context.backend.plan(name, options);
  const work = context.queue.run(name, () => createNow(context, plan));
  await within(
    work,
    context.timings.longDeadline,
    `Volume ${name} is still being created: the work goes on, and the same call again joins it.`,
  );
}

async function createNow(context: DriverContext, plan: Volume): Promise<void> {
  // The storage is asked, not the catalog: a volume deleted behind our back can be created again.
  const recorded = await lookupVolume(context, plan.name, context.timings.callDeadline);
  if (recorded === undefined) return createAbsent(context, plan);
  const difference = optionsDifference(recorded, plan);
  if (difference === undefined) return;
  throw new VolumeError(
    'conflict',
    `Volume ${plan.name} exists in driver ${context.name} with other options: ${difference}. Use another name, or remove it first.`,
  );
}

async function createAbsent(context: DriverContext, plan: Volume): Promise<void> {
  const { backend, catalog, timings } = context;
  try {
    catalog.put(await withSignal(timings.workDeadline, (signal) => backend.create(plan, signal)));
  } catch (error) {
    await discard(context, plan);
    throw asVolumeError(error, `Volume ${plan.name} could not be created`);
  }
}

async function discard(context: DriverContext, plan: Volume): Promise<void> {
  try {
    await withSignal(context.timings.workDeadline, (signal) => context.backend.discard(plan, signal));
  } catch (error) {
    // What is left is no volume: the backend's purge clears it.
    context.log.write('warn', 'undo-failed', { driver: context.name, volume: plan.name, error });
  }
}

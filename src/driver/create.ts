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
  requireEqual(context, recorded, plan);
}

/** The options of a volume that exists fit what is asked for now. Throws `conflict`, naming the difference. */
function requireEqual(context: DriverContext, recorded: Volume, plan: Volume): void {
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
    const other = await createdElsewhere(context, plan, error);
    if (other !== undefined) return requireEqual(context, other, plan);
    throw asVolumeError(error, `Volume ${plan.name} could not be created`);
  }
}

/** The volume that another host created under this name since our look: for two that ask for the same it is the one volume. */
async function createdElsewhere(
  context: DriverContext,
  plan: Volume,
  error: unknown,
): Promise<Volume | undefined> {
  if (!(error instanceof VolumeError) || error.code !== 'conflict') return undefined;
  return lookupVolume(context, plan.name, context.timings.callDeadline);
}

async function discard(context: DriverContext, plan: Volume): Promise<void> {
  try {
    await withSignal(context.timings.workDeadline, (signal) => context.backend.discard(plan, signal));
  } catch (error) {
    // What is left is no volume: the backend's purge clears it.
    context.log.write('warn', 'undo-failed', { driver: context.name, volume: plan.name, error });
  }
}

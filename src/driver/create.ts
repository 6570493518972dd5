import type { VolumeName } from '../core/names.ts';
import {
  type KnownVolume,
  type Options,
  optionsDifference,
  requireReadable,
  type Volume,
} from '../core/volume.ts';
import { asVolumeError, VolumeError } from '../core/volume-error.ts';
import { type DriverContext, lookupVolume } from './context.ts';
import { withSignal } from './deadline.ts';
import { joined } from './in-time.ts';
import { cloneInto, noSource } from './protect/clone.ts';
import type { PrepareSource } from './volume-driver.ts';

export async function createVolume(
  context: DriverContext,
  name: VolumeName,
  options: Options,
  prepare?: PrepareSource,
): Promise<void> {
  const plan = context.backend.plan(name, options);
  const work = context.queue.run(name, () => createNow(context, plan, prepare));
  await joined(name, 'created', context.timings.longDeadline, work);
}

async function createNow(context: DriverContext, plan: Volume, prepare?: PrepareSource): Promise<void> {
  // Asks the storage, not the catalog: a volume that was deleted by hand can be created again.
  const recorded = await lookupVolume(context, plan.name, context.timings.callDeadline);
  if (recorded === undefined) return createAbsent(context, plan, prepare);
  requireEqual(context, recorded, plan);
}

/**
 * Makes sure that an existing volume has the options that were asked for. Throws `conflict`, naming the difference, and `failed`
 * for a volume that cannot be read.
 */
export function requireEqual(context: DriverContext, recorded: KnownVolume, plan: Volume): void {
  const difference = optionsDifference(requireReadable(recorded), plan);
  if (difference === undefined) return;
  throw new VolumeError(
    'conflict',
    `Volume ${plan.name} exists in driver ${context.name} with other options: ${difference}. Use another name, or remove it first.`,
  );
}

async function createAbsent(
  context: DriverContext,
  plan: Volume,
  prepare: PrepareSource | undefined,
): Promise<void> {
  const { backend, catalog, timings } = context;
  try {
    const { from, restore } = plan.options;
    if (restore !== undefined)
      throw new VolumeError(
        'invalid',
        `Volume ${plan.name} could not be created: the option restore is not known here.`,
      );
    if (from === undefined && prepare !== undefined) throw noSource(plan);
    const created =
      from === undefined
        ? await withSignal(timings.workDeadline, (signal) => backend.create(plan, signal))
        : await cloneInto(context, plan, from, prepare);
    catalog.put(created);
  } catch (error) {
    await discard(context, plan);
    const other = await createdElsewhere(context, plan, error);
    if (other !== undefined) return requireEqual(context, other, plan);
    throw asVolumeError(error, `Volume ${plan.name} could not be created`);
  }
}

/** The volume that another host created under this name since our lookup. Two hosts that ask for the same volume share it. */
async function createdElsewhere(
  context: DriverContext,
  plan: Volume,
  error: unknown,
): Promise<KnownVolume | undefined> {
  if (!(error instanceof VolumeError) || error.code !== 'conflict') return undefined;
  return lookupVolume(context, plan.name, context.timings.callDeadline);
}

async function discard(context: DriverContext, plan: Volume): Promise<void> {
  try {
    await withSignal(context.timings.workDeadline, (signal) => context.backend.discard(plan, signal));
  } catch (error) {
    // The rest is not recorded as a volume: the backend's purge clears it.
    context.log.write('warn', 'undo-failed', { driver: context.name, volume: plan.name, error });
  }
}

import type { VolumeName } from '../../core/names.ts';
import type { Options, Volume } from '../../core/volume.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';
import { type DriverContext, lookupVolume, mountpointOf } from '../context.ts';
import { withSignal } from '../deadline.ts';
import { restage } from '../mount.ts';
import { unstage } from '../staging.ts';
import type { FillIntent } from '../state/intents.ts';
import { asidePlace, clearPlace, makePlace } from './aside-place.ts';

/** See `VolumeDriver.fill`. Runs in the volume's queue, so that other calls for the volume wait. */
export async function fillVolume(
  context: DriverContext,
  name: VolumeName,
  options: Options,
  work: (path: string) => Promise<void>,
): Promise<Volume> {
  const plan = context.backend.plan(name, options);
  if (plan.options.readOnly === 'true')
    throw new VolumeError(
      'invalid',
      `Volume ${name} could not be filled: a volume with the option readOnly cannot be written. Leave it out.`,
    );
  return context.queue.run(name, () => fillNow(context, plan, work));
}

async function fillNow(
  context: DriverContext,
  plan: Volume,
  work: (path: string) => Promise<void>,
): Promise<Volume> {
  const { backend, catalog, timings, intents } = context;
  const { name } = plan;
  if ((await lookupVolume(context, name, timings.callDeadline)) !== undefined)
    throw new VolumeError(
      'conflict',
      `Volume ${name} exists in driver ${context.name}, and only a new volume can be filled. Use another name, or remove it first.`,
    );
  const intent: FillIntent = { kind: 'fill', id: plan.id, volume: name, path: asidePlace(context, plan.id) };
  await intents.add(intent);
  try {
    const created = await withSignal(timings.workDeadline, (signal) => backend.create(plan, signal));
    catalog.put(created);
    await restage(context, created);
    await makePlace(context, intent.path);
    await context.host.mounts.bind(mountpointOf(context, name), intent.path, []);
    await work(intent.path);
    await clearPlace(context, intent);
    await unstage(context, created);
    await intents.delete(intent);
    return created;
  } catch (error) {
    await clearFill(context, intent).catch((trouble) =>
      context.log.write('warn', 'undo-failed', { driver: context.name, volume: name, error: trouble }),
    );
    throw asVolumeError(error, `Volume ${name} could not be filled`);
  }
}

/**
 * Half a copy is of no use, and would keep its space while the volume is in the trash, so that there is none for the next attempt. What
 * cannot be deleted goes with the volume.
 */
async function emptyPlace({ host, timings }: DriverContext, { path }: FillIntent): Promise<void> {
  if ((await host.mounts.at(path)).kind !== 'mounted') return;
  await withSignal(timings.workDeadline, async (signal) => {
    await host.programs.run('find', [path, '-xdev', '-mindepth', '1', '-delete'], signal);
    // Gives the blocks of an image back; others need no call.
    await host.programs.run('fstrim', [path], signal);
  }).catch(() => undefined);
}

/**
 * Removes a volume that was not filled completely. The intent is kept until the volume is gone from the trash too, because an
 * operator may bring it back from there. To be called in the volume's queue.
 */
export async function clearFill(context: DriverContext, intent: FillIntent): Promise<void> {
  const { backend, catalog, timings, intents, ledger } = context;
  await emptyPlace(context, intent);
  await clearPlace(context, intent);
  const entry = ledger.get(intent.volume);
  if (entry?.volume.id === intent.id) await unstage(context, entry.volume);
  const found = await lookupVolume(context, intent.volume, timings.callDeadline);
  if (found !== undefined && 'id' in found && found.id === intent.id) {
    await withSignal(timings.workDeadline, (signal) => backend.remove(found, signal));
    catalog.delete(intent.volume);
  }
  const removed = await withSignal(timings.callDeadline, (signal) => backend.listRemoved(signal));
  if (!removed.some(({ volume }) => volume.id === intent.id)) await intents.delete(intent);
}

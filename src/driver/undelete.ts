import type { VolumeName } from '../core/names.ts';
import type { RemovedVolume, Volume } from '../core/volume.ts';
import type { DriverContext } from './context.ts';
import { within, withSignal } from './deadline.ts';
import { isMeant, notRemoved } from './removed.ts';

export function listRemoved({
  backend,
  timings,
}: Pick<DriverContext, 'backend' | 'timings'>): Promise<readonly RemovedVolume[]> {
  return withSignal(timings.callDeadline, (signal) => backend.listRemoved(signal));
}

/** Under another name, it first gets that in the trash: a kill between the two leaves a removed volume of the new name. */
export async function undeleteVolume(
  context: DriverContext,
  name: VolumeName,
  id?: string,
  as: VolumeName = name,
): Promise<Volume> {
  const work =
    as === name
      ? context.queue.run(name, () => undeleteNow(context, name, id))
      : context.queue
          .run(name, () => renameNow(context, name, id, as))
          .then((renamed) => context.queue.run(as, () => undeleteNow(context, as, renamed.volume.id)));
  return within(work, context.timings.callDeadline, `Volume ${name} is still being brought back: try again.`);
}

/** One that has the new name already, by an interrupted call, is known by its ID. */
async function renameNow(
  context: DriverContext,
  name: VolumeName,
  id: string | undefined,
  as: VolumeName,
): Promise<RemovedVolume> {
  const removed = await listRemoved(context);
  const found = removed.find((one) => isMeant(one, name, id));
  const renamed = id === undefined ? undefined : removed.find((one) => isMeant(one, as, id));
  if (found === undefined && renamed !== undefined) return renamed;
  if (found === undefined) throw notRemoved(context.name, name, id);
  return withSignal(context.timings.workDeadline, (signal) =>
    context.backend.renameRemoved(found, as, signal),
  );
}

async function undeleteNow(context: DriverContext, name: VolumeName, id?: string): Promise<Volume> {
  const { backend, catalog, timings } = context;
  const removed = await listRemoved(context);
  const found = removed.find((one) => isMeant(one, name, id));
  if (found === undefined) throw notRemoved(context.name, name, id);
  const volume = await withSignal(timings.workDeadline, (signal) => backend.undelete(found, signal));
  catalog.put(volume);
  return volume;
}

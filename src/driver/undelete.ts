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

export async function undeleteVolume(context: DriverContext, name: VolumeName, id?: string): Promise<Volume> {
  const work = context.queue.run(name, () => undeleteNow(context, name, id));
  return within(work, context.timings.callDeadline, `Volume ${name} is still being brought back: try again.`);
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

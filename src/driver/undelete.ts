import type { VolumeName } from '../core/names.ts';
import type { RemovedVolume, Volume } from '../core/volume.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { DriverContext } from './context.ts';
import { within, withSignal } from './deadline.ts';

export function listRemoved({ backend, timings }: DriverContext): Promise<readonly RemovedVolume[]> {
  return withSignal(timings.callDeadline, (signal) => backend.listRemoved(signal));
}

export async function undeleteVolume(context: DriverContext, name: VolumeName, id?: string): Promise<Volume> {
  const work = context.queue.run(name, () => undeleteNow(context, name, id));
  return within(work, context.timings.callDeadline, `Volume ${name} is still being brought back: try again.`);
}

async function undeleteNow(context: DriverContext, name: VolumeName, id?: string): Promise<Volume> {
  const { backend, catalog, timings } = context;
  const removed = await listRemoved(context);
  const found = removed.find(({ volume }) => volume.name === name && (id === undefined || volume.id === id));
  if (found === undefined) {
    const which = id === undefined ? name : `${name} with the ID ${id}`;
    throw new VolumeError(
      'not-found',
      `No removed volume ${which} is left in driver ${context.name}: \`holdfast volume ls --removed\` lists those that are.`,
    );
  }
  const volume = await withSignal(timings.workDeadline, (signal) => backend.undelete(found, signal));
  catalog.put(volume);
  return volume;
}

import type { VolumeName } from '../../core/names.ts';
import { type Options, sameVolume, type Volume } from '../../core/volume.ts';
import type { DriverContext } from '../context.ts';
import { withSignal } from '../deadline.ts';
import { joined } from '../in-time.ts';
import { takeDownUnused, whileGrowing } from './grow.ts';
import { requireOffered } from './offered.ts';
import { existing } from './snapshot.ts';

/**
 * The volume stays as it is mounted, unless the backend changes it only unmounted, or its size is among the changes: then as for a growth.
 */
export function modifyVolume(context: DriverContext, name: VolumeName, wanted: Options): Promise<Volume> {
  const work = context.queue.run(name, () => modifyNow(context, name, wanted));
  return joined(name, 'changed', context.timings.longDeadline, work);
}

async function modifyNow(context: DriverContext, name: VolumeName, wanted: Options): Promise<Volume> {
  const { backend, timings, catalog } = context;
  const doing = `Volume ${name} could not be changed`;
  const modifications = requireOffered(backend.modifications, doing);
  const volume = await existing(context, name);
  // Also checks the options before anything is mounted for them.
  const foreseen = await withSignal(timings.callDeadline, (signal) =>
    modifications.foresee(volume, wanted, signal),
  );
  if (foreseen.options.size !== volume.options.size)
    return whileGrowing(context, volume, doing, (mountpoint, signal) =>
      modifications.modify(volume, wanted, mountpoint, signal),
    );
  if (modifications.when === 'unstaged') {
    if (sameVolume(volume, foreseen)) return volume;
    await takeDownUnused(context, name, 'modify');
  }
  const modified = await withSignal(timings.workDeadline, (signal) =>
    modifications.modify(volume, wanted, undefined, signal),
  );
  catalog.put(modified);
  return modified;
}

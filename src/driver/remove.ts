import type { VolumeName } from '../core/names.ts';
import { isUnreadable, requireReadable } from '../core/volume.ts';
import { asVolumeError } from '../core/volume-error.ts';
import { type DriverContext, lookupVolume, mountpointOf } from './context.ts';
import { withSignal } from './deadline.ts';
import { joined } from './in-time.ts';
import { restage } from './mount.ts';
import { takeDown } from './teardown/take-down.ts';
import { settle } from './unmount.ts';

export async function removeVolume(context: DriverContext, name: VolumeName): Promise<void> {
  const work = context.queue.run(name, () => removeNow(context, name));
  await joined(name, 'removed', context.timings.callDeadline, work);
}

async function removeNow(context: DriverContext, name: VolumeName): Promise<void> {
  const { backend, catalog, ledger, timings, host, uses } = context;
  let isPutBack = false;
  try {
    isPutBack = await putBackUnseen(context, name);
    const entry = ledger.get(name);
    if (entry) await takeDown(context, entry, 'remove');
    const found = await lookupVolume(context, name, timings.callDeadline);
    const volume = found && requireReadable(found);
    if (volume) {
      await withSignal(timings.workDeadline, (signal) => backend.remove(volume, signal));
      uses.ended.delete(volume.id);
    }
    catalog.delete(name);
    await host.files.removeDirectory(mountpointOf(context, name));
  } catch (error) {
    // Another daemon of the host could not unmount it while it is mounted here.
    if (isPutBack) await settle(context, name, 0).catch(() => undefined);
    throw asVolumeError(error, `Volume ${name} could not be removed`);
  }
}

/**
 * Mounts a volume again that was taken down on a stale check, so that the kernel can be asked who uses it: a container's own bind
 * outlives ours. If that fails, its use stays unknown, and the removal continues: no use was ever seen.
 * True if it tried to.
 */
export async function putBackUnseen(context: DriverContext, name: VolumeName): Promise<boolean> {
  const volume = context.catalog.get(name);
  if (!context.takenDownUnseen.delete(name) || context.ledger.get(name)) return false;
  if (volume === undefined || isUnreadable(volume)) return false;
  await restage(context, volume).catch((error) =>
    context.log.write('warn', 'use-unknown', { driver: context.name, volume: name, error }),
  );
  return true;
}

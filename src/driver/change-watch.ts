import type { VolumeName } from '../core/names.ts';
import { inParallel } from '../core/waits/in-parallel.ts';
import { type DriverContext, lookupVolume } from './context.ts';
import { withSignal } from './deadline.ts';

/** Look-ups at a time. Those of EC2 share requests; on a share, other callers wait for these, and thousands would take minutes. */
const width = 32;

/**
 * Updates the catalog, between two lists, with volumes that other hosts made or removed. Resolves to false when the storage does
 * not answer. Never rejects: the next list reports what is wrong.
 */
export async function followChanges(context: DriverContext, stopping: AbortSignal): Promise<boolean> {
  const { name: driver, backend, catalog, ledger, log, timings } = context;
  try {
    // A list brings every change, with one read for each volume instead of a look-up.
    await catalog.listed();
    const known = new Set(Array.from(catalog.volumes(), ({ name }) => name));
    const changed = await withSignal(
      timings.workDeadline,
      (signal) => backend.changedNames(known, signal),
      stopping,
    );
    // Volumes that are mounted here stay known, even if they were removed.
    const free = changed.filter((name) => ledger.get(name) === undefined);
    await inParallel(free, width, (name) => follow(context, name));
    return true;
  } catch (error) {
    if (!stopping.aborted) log.write('debug', 'watch-failed', { driver, error });
    return false;
  }
}

/** A failed lookup does not hide the other volumes. */
async function follow(context: DriverContext, name: VolumeName): Promise<void> {
  try {
    await lookupVolume(context, name, context.timings.callDeadline);
  } catch (error) {
    context.log.write('debug', 'lookup-failed', { driver: context.name, volume: name, error });
  }
}

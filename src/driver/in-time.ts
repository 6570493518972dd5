import type { Log } from '../core/log.ts';
import type { DriverName, MountId, VolumeName } from '../core/names.ts';
import { within } from './deadline.ts';
import type { Timings } from './timings.ts';
import type { Caller, Mounted } from './volume-driver.ts';

/** What a driver and a joint driver have in common. */
interface Waiting {
  readonly name: DriverName;
  readonly log: Log;
  readonly timings: Timings;
}

/** Waits for work on a volume at most this many milliseconds, then rejects with `timeout`. A repeated call joins the work. */
export function joined<T>(
  volume: VolumeName,
  being:
    | 'created'
    | 'mounted'
    | 'unmounted'
    | 'removed'
    | 'released'
    | 'copied'
    | 'changed'
    | 'rolled back'
    | 'enlarged'
    | 'attached'
    | 'detached',
  milliseconds: number,
  work: Promise<T>,
): Promise<T> {
  const sentence = `Volume ${volume} is still being ${being}: the work continues, and the same call again joins it.`;
  return within(work, milliseconds, sentence);
}

/** Waits for a Mount. A caller whose deadline passed counts as gone. */
export async function mountInTime(
  { timings }: Waiting,
  volume: VolumeName,
  caller: Caller,
  begin: (caller: Caller) => Promise<Mounted>,
): Promise<Mounted> {
  let late = false;
  try {
    const work = begin({ gone: () => late || caller.gone() });
    return await joined(volume, 'mounted', timings.longDeadline, work);
  } catch (error) {
    late = true;
    throw error;
  }
}

/** Waits for an Unmount. Never rejects: an Unmount that fails or takes too long is logged, and repeated later. */
export async function unmountInTime(
  { name: driver, log, timings }: Waiting,
  volume: VolumeName,
  id: MountId,
  work: Promise<unknown>,
): Promise<void> {
  try {
    await within(work, timings.callDeadline, `Volume ${volume} is still being unmounted.`);
  } catch (error) {
    log.write('warn', 'unmount-goes-on', { driver, volume, id, error });
  }
}

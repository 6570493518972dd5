import type { DriverContext } from '../context.ts';
import { withSignal } from '../deadline.ts';

/** Milliseconds between two measurements. One that took a second is made again after this many seconds at the earliest. */
const interval = 600_000;
const rest = 20;

/** Measures the trash when its time has come. Never rejects. */
export function createTrashRounds(context: DriverContext): (stopping: AbortSignal) => Promise<void> {
  const { backend, host, log, name: driver, timings, trash } = context;
  let nextAt = 0;
  let measuredAt = 0;
  return async (stopping) => {
    const now = host.now();
    // Do not trust a clock that was set back.
    if (stopping.aborted || (now < nextAt && now >= measuredAt)) return;
    const began = performance.now();
    try {
      const measured = await withSignal(
        timings.workDeadline,
        (signal) => backend.removedBytes(signal),
        stopping,
      );
      if (measured === undefined) delete trash.bytes;
      else trash.bytes = measured;
    } catch (error) {
      delete trash.bytes;
      if (!stopping.aborted) log.write('debug', 'usage-unknown', { driver, error });
    }
    measuredAt = now;
    nextAt = now + Math.max(interval, rest * (performance.now() - began));
  };
}

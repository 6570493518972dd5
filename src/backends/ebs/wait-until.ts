import { VolumeError } from '../../core/volume-error.ts';
import type { Clock } from './retry-clock.ts';

/** Milliseconds: most attaches take one to four seconds (facts of the EBS CSI driver), so the first looks come early. */
const firstPause = 500;
const factor = 1.8;
const longestPause = 10_000;

/** Looks again and again until the look finds something. Throws `timeout` with this sentence when the signal is aborted. */
export async function waitUntil<T>(
  clock: Clock,
  look: () => Promise<T | undefined>,
  sentence: string,
  signal: AbortSignal,
): Promise<T> {
  for (let pause = firstPause; ; pause = Math.min(pause * factor, longestPause)) {
    const found = await look();
    if (found !== undefined) return found;
    if (signal.aborted) throw new VolumeError('timeout', sentence, { cause: signal.reason });
    await clock.sleep(pause, signal).catch(() => undefined);
  }
}

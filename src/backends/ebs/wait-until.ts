import { VolumeError } from '../../core/volume-error.ts';
import type { Clock } from './retry-clock.ts';

/** Milliseconds: most attaches take one to four seconds (facts of the EBS CSI driver), so the first looks come early. */
const firstPause = 500;
const factor = 1.8;
const usualLongestPause = 10_000;

export interface Wait {
  readonly clock: Clock;
  /** What is said when it was in vain. */
  readonly sentence: string;
  readonly signal: AbortSignal;
  /** Milliseconds; as long as the signal lets it when absent. */
  readonly patience?: number;
  /** Milliseconds between two looks at most. */
  readonly longestPause?: number;
}

/** Looks again and again until the look finds something. Throws `timeout` when its patience is over or its signal aborted. */
export async function waitUntil<T>(
  { clock, sentence, signal, patience = Number.POSITIVE_INFINITY, longestPause = usualLongestPause }: Wait,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = clock.now() + patience;
  for (let pause = firstPause; ; pause = Math.min(pause * factor, longestPause)) {
    const found = await look();
    if (found !== undefined) return found;
    if (signal.aborted || clock.now() >= deadline)
      throw new VolumeError('timeout', sentence, { cause: signal.reason });
    await clock.sleep(pause, signal).catch(() => undefined);
  }
}

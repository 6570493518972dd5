import { VolumeError } from '../../core/volume-error.ts';
import type { Clock } from './retry-clock.ts';

/** Milliseconds. */
const firstPause = 500;
/** Milliseconds between two looks when a sign tells of most changes. */
const firstPauseWithSign = 1_000;
const factor = 1.8;
const usualLongestPause = 10_000;
/** Milliseconds between two looks for the sign. */
const signPause = 100;
/** Milliseconds after the sign, which EC2 may be a little behind. */
const pauseAfterSign = 300;

export interface Wait {
  readonly clock: Clock;
  /** What is said when it was in vain. */
  readonly sentence: string;
  readonly signal: AbortSignal;
  /** Milliseconds; as long as the signal lets it when absent. */
  readonly patience?: number;
  /** Milliseconds between two looks at most. */
  readonly longestPause?: number;
  /** Milliseconds before the first look: what was begun just now is not done yet, and looks cost requests. */
  readonly notBefore?: number;
  /** Something on this machine, which costs no request, that mostly comes with what is waited for: then it looks at once. */
  readonly sign?: () => Promise<boolean>;
}

/** Looks again and again until the look finds something. Throws `timeout` when its patience is over or its signal aborted. */
export async function waitUntil<T>(wait: Wait, look: () => Promise<T | undefined>): Promise<T> {
  const { clock, sentence, signal, patience = Number.POSITIVE_INFINITY, notBefore = 0 } = wait;
  const { longestPause = usualLongestPause } = wait;
  const deadline = clock.now() + patience;
  let sign = wait.sign;
  let next = sign === undefined ? firstPause : firstPauseWithSign;
  for (let pause = notBefore; ; ) {
    if ((await pauseFor(pause, clock, signal, sign)) === 'sign') {
      sign = undefined;
      next = pauseAfterSign;
    }
    const found = await look();
    if (found !== undefined) return found;
    if (signal.aborted || clock.now() >= deadline)
      throw new VolumeError('timeout', sentence, { cause: signal.reason });
    pause = Math.min(next, longestPause);
    next = pause * factor;
  }
}

/** Ends early with the sign, or when the signal is aborted. */
async function pauseFor(
  milliseconds: number,
  clock: Clock,
  signal: AbortSignal,
  sign: Wait['sign'],
): Promise<'sign' | 'over'> {
  const step = sign === undefined ? milliseconds : signPause;
  for (let left = milliseconds; left > 0 && !signal.aborted; left -= step) {
    await clock.sleep(Math.min(step, left), signal).catch(() => undefined);
    if (await sign?.()) return 'sign';
  }
  return 'over';
}

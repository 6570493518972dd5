import { VolumeError } from '../../../core/volume-error.ts';
import type { Clock } from '../clock.ts';

/** Milliseconds. */
const firstPause = 500;
/** Milliseconds between two looks if a sign announces most changes. */
const firstPauseWithSign = 1_000;
const factor = 1.8;
const usualLongestPause = 10_000;
/** Milliseconds between two looks for the sign. */
const signPause = 100;
/** Milliseconds to wait after the sign, because EC2 may be a little behind it. */
const pauseAfterSign = 300;

export interface Wait {
  readonly clock: Clock;
  /** The message of the timeout; a function if it depends on the last look. */
  readonly sentence: string | (() => string);
  readonly signal: AbortSignal;
  /** Milliseconds; if absent, only the signal ends the wait. */
  readonly patience?: number;
  /** Milliseconds between two looks at most. */
  readonly longestPause?: number;
  /** Milliseconds before the first look: the work has only just started, and looks cost requests. */
  readonly notBefore?: number;
  /** A cheap local hint that costs no request: once it holds, EC2 is asked early. */
  readonly sign?: () => Promise<boolean>;
}

/** Looks repeatedly until the look finds something. Throws `timeout` when `patience` is over or the signal is aborted. */
export async function waitUntil<T>(wait: Wait, look: () => Promise<T | undefined>): Promise<T> {
  const { clock, signal, patience = Number.POSITIVE_INFINITY, notBefore = 0 } = wait;
  const { longestPause = usualLongestPause } = wait;
  const deadline = clock.now() + patience;
  let sign = wait.sign;
  let next = sign === undefined ? firstPause : firstPauseWithSign;
  for (let pause = notBefore; ; ) {
    if ((await pauseFor(pause, clock, signal, sign)) === 'sign') {
      sign = undefined;
      next = pauseAfterSign;
    }
    // An aborted look gives no information; the look before it does.
    const found = signal.aborted ? undefined : await look();
    if (found !== undefined) return found;
    if (signal.aborted || clock.now() >= deadline) throw inVain(wait);
    pause = Math.min(next, longestPause);
    next = pause * factor;
  }
}

function inVain({ sentence, signal }: Wait): VolumeError {
  const words = typeof sentence === 'string' ? sentence : sentence();
  return new VolumeError('timeout', words, { cause: signal.reason });
}

/** Ends early once the sign holds, or when the signal is aborted. */
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

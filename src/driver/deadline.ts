import { VolumeError } from '../core/volume-error.ts';

/** Waits for work at most so long (milliseconds), then rejects with `timeout` and this sentence. The work goes on. */
export function within<T>(work: Promise<T>, milliseconds: number, sentence: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new VolumeError('timeout', sentence)), milliseconds).unref();
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Runs work with a signal that aborts after so many milliseconds. */
export async function withSignal<T>(
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), milliseconds).unref();
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

import { VolumeError } from '../core/volume-error.ts';

/** Waits for work at most this many milliseconds, then rejects with `timeout` and the sentence. The work continues. */
export function within<T>(work: Promise<T>, milliseconds: number, sentence: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new VolumeError('timeout', sentence)), milliseconds).unref();
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Runs work with a signal that aborts after this many milliseconds, or when the driver stops. */
export async function withSignal<T>(
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<T>,
  stopping?: AbortSignal,
): Promise<T> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, milliseconds).unref();
  // Not AbortSignal.any: every call would leave a listener at the driver's own signal.
  stopping?.addEventListener('abort', abort);
  if (stopping?.aborted) abort();
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    stopping?.removeEventListener('abort', abort);
  }
}

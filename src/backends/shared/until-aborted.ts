import { refuseAborted } from './storage-errors.ts';

/** Waits for work that changes nothing, at most until the signal is aborted: then it throws `timeout`, and the work's result is ignored. */
export function givenUp<T>(work: Promise<T>, doing: string, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      try {
        refuseAborted(signal, doing);
      } catch (error) {
        reject(error);
      }
    };
    signal.addEventListener('abort', giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}

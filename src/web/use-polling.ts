import { useEffect } from 'preact/hooks';

/** An answer that took one second is requested again after this many seconds at the earliest, to spare the daemon. */
const rest = 20;

/** Repeats a request while the page is visible, and restarts when `about` changes. `pause` is in milliseconds. */
export function usePolling(about: unknown, pause: number, ask: (signal: AbortSignal) => Promise<void>): void {
  useEffect(() => {
    const stopping = new AbortController();
    const { signal } = stopping;
    const go = async (): Promise<void> => {
      while (!signal.aborted) {
        const started = performance.now();
        await ask(signal);
        await looked(Math.max(pause, rest * (performance.now() - started)), signal);
      }
    };
    void go();
    return () => stopping.abort();
  }, [about]);
}

/** Waits this many milliseconds, and until the page is visible. */
function looked(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener('visibilitychange', done);
      resolve();
    };
    signal.addEventListener('abort', done, { once: true });
    setTimeout(() => {
      document.addEventListener('visibilitychange', done);
      done();
    }, milliseconds);
  });
}

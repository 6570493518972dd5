import { useEffect } from 'preact/hooks';

/** An answer that took a second is asked for again after this many, at the earliest: the daemon has other work. */
const rest = 20;

/** Asks again and again while somebody looks at the page, and begins again with another `about`. `pause`: milliseconds. */
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

/** Waits so many milliseconds, and until the page is looked at. */
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

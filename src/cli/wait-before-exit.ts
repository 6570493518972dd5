/** The part of `process` that tells of an end that is asked for. */
export interface StopSource {
  once(signal: 'SIGTERM' | 'SIGINT', handle: () => void): unknown;
}

/** Milliseconds: an engine that enables a plugin gives up 12.5 s after its start, and until then starts it anew. */
const usualPause = 15_000;

/**
 * For a managed plugin that cannot be served: the engine starts one that ended anew at once, and again, and the reason would
 * be lost among its own repetitions. So it is told once, and the end comes when the engine gives up, or after a while.
 */
export function waitBeforeExit(source: StopSource, pause = usualPause): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, pause);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      source.once(signal, () => {
        clearTimeout(timer);
        resolve();
      });
    }
  });
}

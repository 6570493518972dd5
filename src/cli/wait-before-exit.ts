/** The part of `process` that emits stop signals. */
export interface StopSource {
  once(signal: 'SIGTERM' | 'SIGINT', handle: () => void): unknown;
}

/** Milliseconds: an engine that enables a plugin restarts it for 12.5 s, then gives up. */
const usualPause = 15_000;

/**
 * For a managed plugin that cannot start. The engine restarts a plugin that exits, again and again, and the reason would be
 * repeated many times. So the reason is logged once, and the process exits when the engine gives up or the pause is over.
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

/** What runs until it is told to stop. */
export interface Running {
  close(): Promise<void>;
}

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

export interface RunParts<T extends Running> {
  start(): Promise<T>;
  /** Once, when it runs. */
  started(running: T): void;
  /** Once, when the first signal came. */
  stopping(signal: StopSignal): void;
  /** From before the start to the end: npm delivers a Ctrl-C twice, and the second must not kill a stop half done. */
  onSignal(handle: (signal: StopSignal) => void): void;
  /** Ends the process without waiting for anything. */
  forceExit(): void;
  /** Milliseconds from the first signal to `forceExit`. */
  readonly stopDeadline: number;
}

/** Runs it until the first signal, then closes it. Rejects with what start or close reject with. */
export async function runUntilStopped<T extends Running>(parts: RunParts<T>): Promise<void> {
  let forcing: NodeJS.Timeout | undefined;
  const stopped = new Promise<void>((resolve) => {
    parts.onSignal((signal) => {
      if (forcing !== undefined) return;
      forcing = setTimeout(parts.forceExit, parts.stopDeadline);
      parts.stopping(signal);
      resolve();
    });
  });
  try {
    const running = await parts.start();
    if (forcing === undefined) parts.started(running);
    await stopped;
    await running.close();
  } finally {
    clearTimeout(forcing);
  }
}

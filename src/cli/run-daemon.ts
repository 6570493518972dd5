import type { StopSignal } from './signals.ts';

/** A service that runs until it is closed. */
export interface Running {
  close(): Promise<void>;
}

export interface RunParts<T extends Running> {
  start(): Promise<T>;
  /** Called once, after the start. */
  started(running: T): void;
  /** Called once, at the first signal. */
  stopping(signal: StopSignal): void;
  /** Handles signals until the process ends: npm delivers a Ctrl-C twice, and the second must not interrupt the stop. */
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

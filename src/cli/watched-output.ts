import { setTimeout as sleep } from 'node:timers/promises';

/** The part of `process` that a lost output concerns. */
export interface OutputSource {
  readonly stdout: {
    on(event: 'error', handle: (error: Error & { readonly code?: string }) => void): unknown;
  };
  on(event: 'exit', handle: () => void): unknown;
  exitCode?: number | string | null | undefined;
}

export interface WatchedOutput {
  /** Waits for this long; false, at once, when what is printed is lost: a command that prints again and again ends then. */
  pause(milliseconds: number): Promise<boolean>;
}

/**
 * A command whose output could not be written, as on a full disk, has failed. If only its reader is gone (`holdfast volume ls | head -1`),
 * it finishes its work, and has done what was asked.
 */
export function watchOutput(source: OutputSource, tell: (why: string) => void): WatchedOutput {
  const lost = new AbortController();
  source.stdout.on('error', ({ code, message }) => {
    if (lost.signal.aborted) return;
    lost.abort();
    if (code === 'EPIPE') return;
    tell(message);
    // The command sets its own exit code when it ends.
    source.on('exit', () => {
      if (!source.exitCode) source.exitCode = 1;
    });
  });
  return {
    pause: (milliseconds) => sleep(milliseconds, true, { signal: lost.signal }).catch(() => false),
  };
}

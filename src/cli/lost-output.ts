/** The part of `process` that a lost output concerns. */
export interface OutputSource {
  readonly stdout: {
    on(event: 'error', handle: (error: Error & { readonly code?: string }) => void): unknown;
  };
  on(event: 'exit', handle: () => void): unknown;
  exitCode?: number | string | null | undefined;
}

/**
 * A command whose output could not be written, as on a full disk, has failed. If only its reader is gone (`holdfast volume ls | head -1`),
 * it has done what was asked.
 */
export function failOnLostOutput(source: OutputSource, tell: (why: string) => void): void {
  let isLost = false;
  source.stdout.on('error', ({ code, message }) => {
    if (code === 'EPIPE' || isLost) return;
    isLost = true;
    tell(message);
    // The command sets its own exit code when it ends.
    source.on('exit', () => {
      if (!source.exitCode) source.exitCode = 1;
    });
  });
}

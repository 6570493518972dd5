export interface Programs {
  /**
   * Runs a program with an argument list, without a shell; stdin is `input` or empty. Resolves for any exit code.
   * Throws a VolumeError: `unavailable` if the program is not installed, `timeout` if the signal aborts.
   * `onLines`: called with the number of lines that it has written to stdout so far.
   */
  run(
    program: string,
    args: readonly string[],
    signal: AbortSignal,
    input?: string,
    end?: ProgramEnd,
    onLines?: (count: number) => void,
  ): Promise<ProgramResult>;
}

/**
 * `own` (default): the program finishes even if this process dies, for work that must not be interrupted.
 * `with-us`: if this process ends or the signal aborts before the program has ended, all processes that it started are killed,
 * in any session. After the program has ended by itself, processes that it left, such as the client of a mount, stay.
 */
type ProgramEnd = 'own' | 'with-us';

export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

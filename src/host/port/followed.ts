/** Programs that run for long, and report line by line. */
export interface FollowedPrograms {
  /**
   * Runs a program with an argument list, without a shell, and calls `line` for each line of its output. Resolves for any exit code. If
   * the signal aborts, or it stalls, the program is interrupted, and killed if it does not end soon; if this process dies, it is killed.
   * Throws a VolumeError: `unavailable` if it is not installed, `timeout` if the signal aborts or it stalled.
   */
  follow(program: string, args: readonly string[], how: Following, signal: AbortSignal): Promise<FollowedEnd>;
}

interface Following {
  /** Besides PATH and the C locale. Secrets belong here, and nowhere else. */
  readonly environment: Readonly<Record<string, string>>;
  /** Its working directory. */
  readonly directory: string;
  /** Milliseconds without reading, writing or computing, apart from its output, after which it has stalled. Default: half an hour. */
  readonly patience?: number;
  line(text: string): void;
  /** The same for what it writes to stderr. */
  errorLine?(text: string): void;
}

export interface FollowedEnd {
  readonly exitCode: number;
  /** The last of it. */
  readonly stderr: string;
}

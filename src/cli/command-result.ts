import type { VolumeError } from '../core/volume-error.ts';

/** What a command found out or did. */
export interface CommandResult {
  /** Printed with `--json`: its shape only grows. Absent: the command printed what there is to say itself. */
  readonly json?: object;
  /** Printed otherwise. */
  readonly text: string;
  /** What failed beside it; the exit code is 1 when there is any. */
  readonly failures?: readonly VolumeError[];
  readonly exitCode?: 0 | 1;
}

export interface TargetOptions {
  readonly driver?: string;
}

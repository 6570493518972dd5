import type { VolumeError } from '../core/volume-error.ts';

export interface CommandResult {
  /** Printed with `--json`. Fields are added, never removed. Absent: the command has already printed its output. */
  readonly json?: object;
  /** Printed without `--json`. */
  readonly text: string;
  /** `ours`: tabs in the text come from the user's format, and are not escaped. */
  readonly tabs?: 'ours';
  /** Colours of the text's lines, for a terminal that supports them. */
  readonly colours?: readonly (LineColour | undefined)[];
  /** On a terminal, replaces the previous result. */
  readonly again?: true;
  /** What the user must know although the command succeeded. */
  readonly warnings?: readonly string[];
  /** What failed while the rest succeeded. The exit code is then 1, or 2 if only arguments are wrong and `exitCode` is not 1. */
  readonly failures?: readonly Pick<VolumeError, 'code' | 'message'>[];
  readonly exitCode?: 0 | 1;
}

export type LineColour = 'red' | 'yellow';

export interface TargetOptions {
  readonly driver?: string;
}

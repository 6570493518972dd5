import type { LoadedConfiguration } from '../config/load-configuration.ts';
import type { Problem } from '../config/problem.ts';
import { printable } from '../core/printable.ts';
import { unusableConfiguration } from '../doctor/checks/configuration.ts';
import type { Examined } from '../doctor/examine.ts';
import type { CommandResult } from './command-result.ts';
import type { Usable } from './serve.ts';

interface DoctorParts {
  /** The configuration file that was asked for. */
  readonly file: string | undefined;
  examine(loaded: Usable): Promise<readonly Examined[]>;
  /** Columns of the terminal; undefined if stdout is none. */
  readonly width: number | undefined;
}

/** Every finding on one line, and what mends it on the next. Exit code 1 when one of them is a failure. */
export async function doctor(
  loaded: LoadedConfiguration,
  { file, examine, width }: DoctorParts,
): Promise<CommandResult> {
  const findings = loaded.kind === 'usable' ? await examine(loaded) : unusable(loaded.problems, file);
  const levels = { failure: 0, warning: 0, ok: 0 };
  for (const { level } of findings) levels[level] += 1;
  return {
    json: { healthy: levels.failure === 0, findings },
    text: [
      ...findings.flatMap((finding) => linesOf(finding, width)),
      `${counted(levels.failure, 'failure')}, ${counted(levels.warning, 'warning')}, ${levels.ok} ok.`,
    ].join('\n'),
    exitCode: levels.failure === 0 ? 0 : 1,
  };
}

function unusable(problems: readonly Problem[], file: string | undefined): readonly Examined[] {
  return unusableConfiguration(problems, file).map((finding) => ({ check: 'configuration', ...finding }));
}

/** The line for a terminal is cut to its width; `--json` has everything. The command is never cut, so that it can be copied. */
function linesOf(
  { level, check, subject, evidence, mend }: Examined,
  width: number | undefined,
): readonly string[] {
  const about = subject === check ? check : `${check}, ${subject}`;
  const line = printable(`${level.padEnd(7)}  ${about}: ${evidence}`);
  const fitting = width === undefined || line.length <= width ? line : `${line.slice(0, width - 3)}...`;
  return mend === undefined ? [fitting] : [fitting, printable(`         ${mend}`)];
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

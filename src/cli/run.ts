import { CommanderError } from 'commander';
import { asVolumeError, type VolumeError } from '../core/volume-error.ts';
import type { CommandLineParts } from './command-line-parts.ts';
import { createPrinter } from './print.ts';
import { createProgram } from './program.ts';
import { programParts } from './program-parts.ts';
import { typablePrinter } from './typable.ts';
import { showHelp } from './wrong-words.ts';

export type ExitCode = 0 | 1 | 2;

/** Commands that can be refused because of the configuration, or of another driver's records, although their arguments are right. */
const aboutFiles: ReadonlySet<string> = new Set(['serve', 'reload', 'recover', 'install', 'adopt']);

/** Runs one command: prints its result or its error and resolves with the exit code. Never rejects. */
export async function runCommandLine(words: readonly string[], parts: CommandLineParts): Promise<ExitCode> {
  const command = parts.command ?? 'holdfast';
  const form = words.includes('--json') ? 'json' : 'text';
  const printer = typablePrinter(createPrinter(form, parts.out, parts.err, parts.terminal?.()), command);
  let exitCode: ExitCode = 0;
  const program = createProgram(
    programParts(
      parts,
      printer,
      (result) => {
        printer.result(result);
        exitCode = result.exitCode || (result.failures?.length ? codeOf(result.failures, words) : 0);
      },
      form === 'json' || words.includes('--quiet') || words.includes('-q'),
    ),
    words[0],
  );
  try {
    const [first = '', ...path] = words.filter((word) => !word.startsWith('-'));
    if (first === 'help') showHelp(program, path);
    else await program.parseAsync([...words], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { code, message } = asVolumeError(error, 'The command failed');
    printer.error(code, message);
    return codeOf([{ code }], words);
  }
}

/** 2: all that is wrong is what was typed. */
function codeOf(errors: readonly Pick<VolumeError, 'code'>[], [first = '']: readonly string[]): 1 | 2 {
  return errors.every(({ code }) => code === 'invalid') && !aboutFiles.has(first) ? 2 : 1;
}

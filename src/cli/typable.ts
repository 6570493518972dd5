import { shellWord } from '../doctor/lines.ts';
import type { Printer } from './print.ts';

/** How this process was started. */
export interface Called {
  /** Absolute paths of Node and of the program. */
  readonly node: string;
  readonly program: string;
  /** The files that the shell finds for `node` and `holdfast`, symlinks resolved; undefined if there are none. */
  readonly found: { readonly node: string | undefined; readonly holdfast: string | undefined };
}

/** The command that a user types: "holdfast", or "node /srv/clone/dist/main.js" if `holdfast` is not in PATH. */
export function typableCommand({ node, program, found }: Called): string {
  if (found.holdfast === program) return 'holdfast';
  return [found.node === node ? 'node' : node, program].map(shellWord).join(' ');
}

/** Replaces `holdfast …` in the text by a command that the user can type. */
export function withTypable(text: string, command: string): string {
  if (command === 'holdfast') return text;
  return text.replaceAll(
    /(^|`|\bsudo |: |^ +)holdfast (?=(?:[a-z]|-))/gm,
    (_, before) => `${before}${command} `,
  );
}

export function typablePrinter(printer: Printer, command: string): Printer {
  const typed = (text: string) => withTypable(text, command);
  return {
    error: (code, message) => printer.error(code, typed(message)),
    result: ({ text, warnings = [], failures = [], ...rest }) =>
      printer.result({
        ...rest,
        text: typed(text),
        warnings: warnings.map(typed),
        failures: failures.map(({ code, message }) => ({ code, message: typed(message) })),
      }),
  };
}

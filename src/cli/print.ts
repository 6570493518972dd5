import { shownJson, shownLines } from '../core/shown.ts';
import type { ErrorCode } from '../core/volume-error.ts';
import type { CommandResult, LineColour } from './command-result.ts';
import type { Terminal } from './terminal.ts';

export interface Printer {
  /** Prints the result to stdout, its warnings and failures to stderr. */
  result(result: CommandResult): void;
  error(code: ErrorCode, message: string): void;
}

/**
 * With `json`, an error is one line `{"error":{"code","message"}}` on stderr; stdout holds only results. Control characters
 * are escaped, so printed data cannot send commands to a terminal.
 */
export function createPrinter(
  form: 'json' | 'text',
  out: NodeJS.WritableStream,
  err: NodeJS.WritableStream,
  terminal?: Terminal,
): Printer {
  const say = (json: object, message: string): void => {
    err.write(`${form === 'json' ? shownJson(json) : shownLines(`holdfast: ${message}`)}\n`);
  };
  const error = (code: ErrorCode, message: string): void => say({ error: { code, message } }, message);
  return {
    error,
    result(result) {
      const { json, again, warnings = [], failures = [] } = result;
      const shown = form === 'json' ? json && shownJson(json, 2) : shownText(result, terminal);
      if (again && terminal) out.write(clearScreen);
      if (shown) out.write(`${shown}\n`);
      for (const message of warnings) say({ warning: { message } }, message);
      for (const failure of failures) error(failure.code, failure.message);
    },
  };
}

/** Moves the cursor to the upper left and clears the screen (ECMA-48). */
const clearScreen = '\u001b[H\u001b[2J';
const colourCodes: Readonly<Record<LineColour, number>> = { red: 31, yellow: 33 };

/** Adds colours last, after escaping all control sequences in the text. */
function shownText({ text, tabs, colours = [] }: CommandResult, terminal: Terminal | undefined): string {
  const plain = tabs === undefined ? shownLines(text) : text.split('\t').map(shownLines).join('\t');
  if (terminal?.hasColours !== true) return plain;
  return plain
    .split('\n')
    .map((line, index) => {
      const colour = colours[index];
      return colour === undefined ? line : `\u001b[${colourCodes[colour]}m${line}\u001b[0m`;
    })
    .join('\n');
}

/** Commander's error message, on one line. */
export function wrongUse(complaint: string): string {
  const [first = '', ...more] = complaint
    .trim()
    .split('\n')
    .filter((line) => line !== '');
  const rest = more.length > 0 ? ` ${more.join(' ')}` : '';
  return `${first.replace(/^error: /, '')}${rest}`;
}

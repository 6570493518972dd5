import type { ErrorCode } from '../core/volume-error.ts';
import type { CommandResult } from './command-result.ts';

export interface Printer {
  /** The result on stdout, what failed beside it on stderr. */
  result(result: CommandResult): void;
  error(code: ErrorCode, message: string): void;
}

/** With `json`, an error is one line `{"error":{"code","message"}}` on stderr: stdout holds results alone. */
export function createPrinter(
  form: 'json' | 'text',
  out: NodeJS.WritableStream,
  err: NodeJS.WritableStream,
): Printer {
  function error(code: ErrorCode, message: string): void {
    err.write(
      form === 'json' ? `${JSON.stringify({ error: { code, message } })}\n` : `holdfast: ${message}\n`,
    );
  }
  return {
    error,
    result({ json, text, failures = [] }) {
      const shown = form === 'json' ? json && JSON.stringify(json, undefined, 2) : text;
      if (shown) out.write(`${shown}\n`);
      for (const failure of failures) error(failure.code, failure.message);
    },
  };
}

/** Commander's own complaint, on one line. */
export function wrongUse(complaint: string): string {
  const [first = '', ...more] = complaint
    .trim()
    .split('\n')
    .filter((line) => line !== '');
  const rest = more.length > 0 ? ` ${more.join(' ')}` : '';
  return `${first.replace(/^error: /, '')}${rest}`;
}

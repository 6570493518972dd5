import { printable, printableLines } from './printable.ts';
import { isSecretKey, redacted, redactText } from './redact.ts';

/*
 * The one gate between this process and people, who read commands, the log, and what engines and others print for us. No string
 * behind it has a secret or control characters, wherever it came from.
 */

/** One line. */
export function shown(text: string): string {
  return printable(redactText(text));
}

/** For a string whose line feeds are ours. */
export function shownLines(text: string): string {
  return printableLines(redactText(text));
}

/** JSON for programs: its strings stay as they are, except for secrets. */
export function shownJson(value: unknown, indent?: number): string {
  return printableLines(JSON.stringify(eachText(value, redactText), undefined, indent));
}

/** JSON for readers that decode it and print its strings. */
export function printedJson(value: unknown): string {
  return JSON.stringify(eachText(value, shown));
}

/** Plain data with changed strings and keys, and without the values of secret keys, however deep in them. */
function eachText(value: unknown, change: (text: string) => string, isSecret = false): unknown {
  if (typeof value === 'string') return isSecret ? redacted : change(value);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map((inner) => eachText(inner, change, isSecret));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      change(key),
      eachText(inner, change, isSecret || isSecretKey(key)),
    ]),
  );
}

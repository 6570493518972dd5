import { redacted } from '../../core/redact.ts';
import { shownJson, shownLines } from '../../core/shown.ts';

/** Characters; a shorter value would be found in harmless places. */
const shortest = 8;

/**
 * The text of a part without secrets. Removes everything that looks like a secret, and the given ones in any place: those are
 * from the environment and the files with credentials.
 */
export function cleanText(content: string | object, secrets: readonly string[]): string {
  const text = typeof content === 'string' ? shownLines(content) : `${shownJson(content, 2)}\n`;
  const known = secrets.map((secret) => secret.trim()).filter((secret) => secret.length >= shortest);
  return known
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
    .reduce((rest, secret) => rest.replaceAll(secret, redacted), text);
}

import { quote } from '../core/names.ts';
import type { Options } from '../core/volume.ts';
import { VolumeError } from '../core/volume-error.ts';

/**
 * The options of a request in `field`; a missing field has none. Throws `invalid`, naming the option. Not a schema: that would
 * silently drop `__proto__`, and an unknown option must be refused.
 */
export function parseOptions(value: unknown, field: string): Options {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new VolumeError(
      'invalid',
      `The field ${field} must be an object of strings, such as {"size": "10GiB"}.`,
    );
  }
  const options: Record<string, string> = Object.create(null);
  for (const [key, option] of Object.entries(value)) {
    if (typeof option !== 'string') {
      throw new VolumeError('invalid', `The option ${quote(key)} must be a string: write it in quotes.`);
    }
    options[key] = option;
  }
  return options;
}

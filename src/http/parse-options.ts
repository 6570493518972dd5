import { quote } from '../core/names.ts';
import type { Options } from '../core/volume.ts';
import { VolumeError } from '../core/volume-error.ts';

/**
 * Options as a request has them in `field`, none when it is missing; throws `invalid`, naming the option. Not by a
 * schema: that drops `__proto__` unsaid, and an unknown option is to be refused.
 */
export function parseOptions(value: unknown, field: string): Options {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new VolumeError(
      'invalid',
      `The field ${field} must be an object of texts, such as {"size": "10GiB"}.`,
    );
  }
  const options: Record<string, string> = Object.create(null);
  for (const [key, option] of Object.entries(value)) {
    if (typeof option !== 'string') {
      throw new VolumeError('invalid', `The option ${quote(key)} must be a text: write it in quotes.`);
    }
    options[key] = option;
  }
  return options;
}

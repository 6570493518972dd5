import { quote } from '../../../core/names.ts';
import { VolumeError } from '../../../core/volume-error.ts';

/** What the values of a mount option may be. */
export interface Values {
  /** The one spelling; undefined for one that does not fit. */
  read(value: string): string | undefined;
  readonly example: string;
}

export function matching(pattern: RegExp): (value: string) => string | undefined {
  return (value) => (pattern.test(value) ? value : undefined);
}

/** The option with the value in its one spelling. Throws `invalid` for one that does not fit, or none. */
export function withValue(name: string, value: string | undefined, { read, example }: Values): string {
  const normal = value === undefined ? undefined : read(value);
  if (normal !== undefined) return `${name}=${normal}`;
  const said = value === undefined ? 'needs a value' : `cannot be ${quote(value)}`;
  throw new VolumeError('invalid', `${quote(name)} ${said}: write ${name}=${example}.`);
}

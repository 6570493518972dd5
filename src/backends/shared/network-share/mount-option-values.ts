import { quote } from '../../../core/names.ts';
import { VolumeError } from '../../../core/volume-error.ts';

/** The values that a mount option may have. */
export interface Values {
  /** The normalised value; undefined if it is not valid. */
  read(value: string): string | undefined;
  readonly example: string;
  /** The valid values in words, if that says more than an example. */
  readonly choice?: string;
}

export function matching(pattern: RegExp): (value: string) => string | undefined {
  return (value) => (pattern.test(value) ? value : undefined);
}

/** The option with its normalised value. Throws `invalid` if the value is missing or not valid. */
export function withValue(
  name: string,
  value: string | undefined,
  { read, example, choice }: Values,
): string {
  const normal = value === undefined ? undefined : read(value);
  if (normal !== undefined) return `${name}=${normal}`;
  const said = value === undefined ? 'needs a value' : `cannot be ${quote(value)}`;
  const fitting = choice ?? `a value such as ${name}=${example}`;
  throw new VolumeError('invalid', `${quote(name)} ${said}: give ${fitting}.`);
}

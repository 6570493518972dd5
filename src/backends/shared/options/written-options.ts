import { quote } from '../../../core/names.ts';
import type { Options } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';

export interface WrittenOption {
  readonly name: string;
  readonly value: string;
}

const mostOptions = 64;
const longestValue = 4096;

/** Words for what mount(8) does anyway: written in lists out of habit, without effect. */
const idleWords: readonly string[] = [...['defaults', 'auto', 'nouser', 'async', 'relatime']];

/**
 * Each option as written, with `o` lists split. Words of a list without effect are left out, unless `isOption` knows them. Throws
 * `invalid` for too many or unusable options.
 */
export function unfoldOptions(
  where: string,
  written: Options,
  isOption: (name: string) => boolean,
): readonly WrittenOption[] {
  const pairs = Object.entries(written);
  refuseTooMany(where, pairs.length);
  for (const [spelling, value] of pairs) checkText(where, spelling, value);
  const unfolded = pairs.flatMap(([name, value]): readonly Unfolded[] =>
    name.toLowerCase() === 'o' ? itemsOf(value) : [{ name, value, isItem: false }],
  );
  refuseTooMany(where, unfolded.length);
  return unfolded
    .filter(({ name, value, isItem }) => !isItem || isOption(name) || !asksNothing(name.toLowerCase(), value))
    .map(({ name, value }) => ({ name, value }));
}

/** `isItem`: it was part of an `o` list. */
interface Unfolded extends WrittenOption {
  readonly isItem: boolean;
}

/** Podman leaves its own `timeout` in the list; it is not meant for us. */
function asksNothing(name: string, value: string): boolean {
  return name === 'timeout' || (value === '' && idleWords.includes(name));
}

function refuseTooMany(where: string, count: number): void {
  if (count <= mostOptions) return;
  throw new VolumeError('invalid', `${where}: ${count} options are too many: give at most ${mostOptions}.`);
}

function checkText(where: string, spelling: string, value: unknown): void {
  const option = `${where}, option ${quote(spelling)}`;
  if (typeof value !== 'string') throw new VolumeError('invalid', `${option}: the value must be a string.`);
  if (value.length > longestValue) {
    throw new VolumeError(
      'invalid',
      `${option}: the value is ${value.length} characters long: give at most ${longestValue}.`,
    );
  }
  if (/\p{Cc}/u.test(value)) {
    throw new VolumeError(
      'invalid',
      `${option}: the value ${quote(value)} has a control character: leave it out.`,
    );
  }
}

function itemsOf(list: string): readonly Unfolded[] {
  return list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map((item) => {
      const at = item.indexOf('=');
      const [name, value] = at < 0 ? [item, ''] : [item.slice(0, at), item.slice(at + 1)];
      return { name, value, isItem: true };
    });
}

import { quote } from '../../core/names.ts';
import type { Options } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';

const mostOptions = 64;
const longestValue = 4096;

/** Name and value of each option as it was written, `o` lists taken apart. Throws `invalid` for too many or unusable ones. */
export function unfoldOptions(where: string, written: Options): readonly (readonly [string, string])[] {
  const pairs = Object.entries(written);
  refuseTooMany(where, pairs.length);
  for (const [spelling, value] of pairs) checkText(where, spelling, value);
  const unfolded = pairs.flatMap(([spelling, value]) => unfold(spelling, value));
  refuseTooMany(where, unfolded.length);
  return unfolded;
}

function refuseTooMany(where: string, count: number): void {
  if (count <= mostOptions) return;
  throw new VolumeError('invalid', `${where}: ${count} options are too many: give at most ${mostOptions}.`);
}

function checkText(where: string, spelling: string, value: unknown): void {
  const option = `${where}, option ${quote(spelling)}`;
  if (typeof value !== 'string') throw new VolumeError('invalid', `${option}: the value must be a text.`);
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

/** The options inside `o`. Podman leaves its own `timeout` in the list: that one is not for us. */
function unfold(spelling: string, value: string): readonly (readonly [string, string])[] {
  if (spelling.toLowerCase() !== 'o') return [[spelling, value]];
  return value
    .split(',')
    .filter((item) => item.trim() !== '')
    .map((item) => splitItem(item.trim()))
    .filter(([name]) => name.toLowerCase() !== 'timeout');
}

function splitItem(item: string): readonly [string, string] {
  const at = item.indexOf('=');
  return at < 0 ? [item, ''] : [item.slice(0, at), item.slice(at + 1)];
}

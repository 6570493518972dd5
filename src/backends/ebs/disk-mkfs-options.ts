import { quote } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';

/** A flag, or a value: letters and digits, joined by "=", "," or "_". So none can be a path, or an option of a shell. */
const flag = /^-[A-Za-z]$/;
const word = /^\^?[A-Za-z0-9]+(?:[=,_]\^?[A-Za-z0-9]+)*$/;

/** The arguments in "-i 8192 -O bigalloc". Throws `invalid`. */
export function mkfsWords(text: string): readonly string[] {
  const words = text.split(/\s+/).filter(Boolean);
  const wrong = words.find((one, index) => !flag.test(one) && (index === 0 || !word.test(one)));
  if (wrong === undefined) return words;
  throw new VolumeError(
    'invalid',
    `${quote(wrong)} is no option of mkfs that is passed on: give flags such as -i, each with a value of letters and digits.`,
  );
}

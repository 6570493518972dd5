import { quote } from '../../../core/names.ts';
import { editsBetween, nearest } from '../../../core/nearest.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { OptionSpec } from '../../definition.ts';
import type { WrittenOption } from './written-options.ts';

/** The parts of an option that a suggestion needs; without `normalise` it takes any value. */
interface KnownOption extends OptionSpec {
  readonly opposites?: readonly string[];
  normalise?(value: string): string;
  claims?(word: string): boolean;
}

/** `options`: all written options, including the unknown `option`. Advice is given only if it means what the user asked for. */
export function unknownOption(
  where: string,
  known: readonly KnownOption[],
  options: readonly WrittenOption[],
  option: WrittenOption,
): VolumeError {
  const names = known.map(({ name }) => name).join(', ');
  const hint = listHint(known, options, option) ?? nameHint(known, option);
  return new VolumeError(
    'invalid',
    `${where}: there is no option ${quote(option.name)}.${hint} The options are ${names}.`,
  );
}

/** Words that belong in the list of another option: all of them in one suggestion, because that option can be given only once. */
function listHint(
  known: readonly KnownOption[],
  options: readonly WrittenOption[],
  option: WrittenOption,
): string | undefined {
  const list = known.find(({ claims }) => claims?.(wordOf(option)));
  if (list === undefined) return undefined;
  const spellings = [list.name, ...list.aliases].map((name) => name.toLowerCase());
  const own = known.flatMap(({ name, aliases, opposites = [] }) =>
    [name, ...aliases, ...opposites].map((spelling) => spelling.toLowerCase()),
  );
  const words = options.flatMap((written) => {
    if (spellings.includes(written.name.toLowerCase())) return [written.value];
    const isOption = own.includes(written.name.toLowerCase());
    return !isOption && list.claims?.(wordOf(written)) ? [wordOf(written)] : [];
  });
  return ` It is an option of the mount: write ${list.name}=${words.join(',')} instead.`;
}

function wordOf({ name, value }: WrittenOption): string {
  return value === '' ? name : `${name}=${value}`;
}

/** If the name has more than one typo, the value must be valid: `type=gp3` is not a mistyped `fsType`. */
function nameHint(known: readonly KnownOption[], { name, value }: WrittenOption): string {
  const bySpelling = new Map(
    known.flatMap((spec) => [spec.name, ...spec.aliases].map((word) => [word, spec])),
  );
  const meant = nearest(name, [...bySpelling.keys()], (word) => bySpelling.get(word)?.name ?? word);
  if (meant === undefined) return '';
  const isOneSlip = editsBetween(name.toLowerCase(), meant.toLowerCase()) <= 1;
  if (!isOneSlip && !takes(bySpelling.get(meant), value)) return '';
  return ` Did you mean ${quote(meant)}?`;
}

function takes(option: KnownOption | undefined, value: string): boolean {
  try {
    option?.normalise?.(value);
    return true;
  } catch {
    return false;
  }
}

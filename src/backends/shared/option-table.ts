import { quote } from '../../core/names.ts';
import { nearest } from '../../core/nearest.ts';
import type { Options } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { OptionSpec } from '../backend.ts';
import { unfoldOptions } from './written-options.ts';

/** An option of a backend: its documentation, and what its values may be. */
export interface OptionRule extends OptionSpec {
  /** The value's one spelling: equal meanings become equal texts, and doing it twice changes nothing. Throws `invalid`. */
  normalise(value: string): string;
}

export interface OptionTable {
  /** All that `-o` takes, the built-in `profile` and `o` included. */
  readonly specs: readonly OptionSpec[];
  /**
   * Canonical names and values of what was written, `o` lists taken apart. `where` begins the error messages,
   * such as `Volume "db"`. Throws `invalid`, naming the option.
   */
  read(where: string, written: Options): Options;
}

const profileRule: OptionRule = {
  name: 'profile',
  aliases: [],
  description:
    "A set of options by its name in the driver's configuration; options given beside it win over it.",
  example: 'profile=logs',
  normalise: (value) => value,
};

const listSpec: OptionSpec = {
  name: 'o',
  aliases: [],
  description: 'A comma-separated list of options, as Podman and the `local` driver of Docker write them.',
  example: 'o=size=1GiB,uid=1000,ro',
};

/** One written option: its spelling, its rule and the normalised value. */
interface Reading {
  readonly spelling: string;
  readonly rule: OptionRule;
  readonly value: string;
}

export function createOptionTable(rules: readonly OptionRule[]): OptionTable {
  const all = [...rules, profileRule];
  const specs = [...all, listSpec];
  const bySpelling = new Map(
    all.flatMap((rule) => [rule.name, ...rule.aliases].map((name) => [name.toLowerCase(), rule] as const)),
  );
  return {
    specs: specs.map(({ name, aliases, description, example }) => ({ name, aliases, description, example })),
    read(where, written) {
      const pairs = unfoldOptions(where, written);
      return combine(
        where,
        pairs.map(([spelling, value]) => readOne(where, specs, bySpelling, spelling, value)),
      );
    },
  };
}

function readOne(
  where: string,
  specs: readonly OptionSpec[],
  bySpelling: ReadonlyMap<string, OptionRule>,
  spelling: string,
  value: string,
): Reading {
  const rule = bySpelling.get(spelling.toLowerCase());
  if (rule === undefined) throw unknownOption(where, specs, spelling);
  try {
    return { spelling, rule, value: rule.normalise(value) };
  } catch (error) {
    if (!(error instanceof VolumeError)) throw error;
    throw new VolumeError(error.code, `${where}, option ${spelling}: ${error.message}`, { cause: error });
  }
}

function unknownOption(where: string, specs: readonly OptionSpec[], spelling: string): VolumeError {
  const spellings = specs.flatMap((spec) => [spec.name, ...spec.aliases]);
  const meant = nearest(spelling, spellings);
  const hint = meant === undefined ? '' : ` Did you mean ${quote(meant)}?`;
  const names = specs.map((spec) => spec.name).join(', ');
  return new VolumeError(
    'invalid',
    `${where}: there is no option ${quote(spelling)}.${hint} The options are ${names}.`,
  );
}

function combine(where: string, readings: readonly Reading[]): Options {
  const byName = new Map<string, Reading>();
  for (const reading of readings) {
    const earlier = byName.get(reading.rule.name);
    if (earlier !== undefined && earlier.value !== reading.value)
      throw contradiction(where, earlier, reading);
    byName.set(reading.rule.name, reading);
  }
  return Object.fromEntries([...byName].map(([name, reading]) => [name, reading.value]));
}

function contradiction(where: string, a: Reading, b: Reading): VolumeError {
  return new VolumeError(
    'invalid',
    `${where}: ${quote(a.spelling)} and ${quote(b.spelling)} are the same option with different values ` +
      `(${quote(a.value)} and ${quote(b.value)}): give one of them.`,
  );
}

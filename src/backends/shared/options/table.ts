import { quote } from '../../../core/names.ts';
import type { Options } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { OptionSpec } from '../../definition.ts';
import { localFormOf, notHere, type ReadLocalForm } from './local-form.ts';
import { unknownOption } from './unknown-option.ts';
import { flagValue } from './values.ts';
import { unfoldOptions, type WrittenOption } from './written-options.ts';

/** An option of a backend: its documentation and its valid values. */
export interface OptionRule extends OptionSpec {
  /** For a switch: words that mean `false`, such as `rw` for `ro`. */
  readonly opposites?: readonly string[];
  /** The normalised value: equal meanings become equal strings, and normalising twice changes nothing. Throws `invalid`. */
  normalise(value: string): string;
  /** For a list of words: whether a word written among the options belongs to this list. */
  claims?(word: string): boolean;
}

export interface OptionTable {
  /** All options that `-o` takes, including the built-in `profile` and `o`. */
  readonly specs: readonly OptionSpec[];
  /**
   * Canonical names and values of the written options, with `o` lists split. `where` begins the error messages, such as
   * `Volume "db"`. Throws `invalid`, naming the option.
   */
  read(where: string, written: Options): Options;
}

const profileRule: OptionRule = {
  name: 'profile',
  aliases: [],
  description: "The name of a set of options in the driver's configuration; other given options override it.",
  example: 'profile=logs',
  normalise: (value) => value,
};

const listSpec: OptionSpec = {
  name: 'o',
  aliases: [],
  description: "A comma-separated list of options, in the form of Podman and of Docker's `local` driver.",
  example: 'o=size=1GiB,uid=1000,ro',
};

/** One written option: its spelling, its rule and the normalised value. */
interface Reading {
  readonly spelling: string;
  readonly rule: OptionRule;
  readonly value: string;
}

/** `readLocalForm`: translates options written for Docker's `local` driver; without it, the backend refuses them. */
export function createOptionTable(
  rules: readonly OptionRule[],
  readLocalForm: ReadLocalForm = refuseLocalForm,
): OptionTable {
  const all = [...rules, profileRule];
  const bySpelling = new Map(
    all.flatMap((rule) => [rule.name, ...rule.aliases].map((name) => [name.toLowerCase(), rule] as const)),
  );
  const opposites = new Map(
    all.flatMap((rule) => (rule.opposites ?? []).map((word) => [word, oppositeOf(rule)] as const)),
  );
  const ruleOf = (name: string) => bySpelling.get(name.toLowerCase()) ?? opposites.get(name.toLowerCase());
  const isOption = (name: string) => ruleOf(name) !== undefined;
  return {
    specs: [...all, listSpec].map(({ name, aliases, description, example }) => ({
      name,
      aliases,
      description,
      example,
    })),
    read(where, written) {
      const unfolded = unfoldOptions(where, written, isOption);
      const options = withPrefix(where, () => {
        const form = localFormOf(unfolded);
        return form === undefined ? unfolded : readLocalForm(form, isOption);
      });
      return combine(
        where,
        options.map((option) => {
          const rule = ruleOf(option.name);
          if (rule === undefined) throw unknownOption(where, [...all, listSpec], options, option);
          return readOne(where, rule, option);
        }),
      );
    },
  };
}

function refuseLocalForm(form: Parameters<ReadLocalForm>[0]): never {
  throw notHere(form);
}

/** A switch written as a word with the opposite meaning: `rw` means `readOnly=false`, and `rw=false` means true. */
function oppositeOf(rule: OptionRule): OptionRule {
  return { ...rule, normalise: (value) => (flagValue(value) === 'true' ? 'false' : 'true') };
}

function readOne(where: string, rule: OptionRule, { name, value }: WrittenOption): Reading {
  return withPrefix(`${where}, option ${name}`, () => ({
    spelling: name,
    rule,
    value: rule.normalise(value),
  }));
}

function withPrefix<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof VolumeError)) throw error;
    throw new VolumeError(error.code, `${where}: ${error.message}`, { cause: error });
  }
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

import { quote } from '../../core/names.ts';
import { nearest } from '../../core/nearest.ts';
import type { Options } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { OptionTable } from './option-table.ts';

/** Where options come from when the caller does not give them, strongest last. */
export interface OptionSources {
  readonly builtIn: Options;
  readonly defaults: Options;
  readonly profiles: ReadonlyMap<string, Options>;
}

/** Strongest first. */
export const origins = ['given', 'profile', 'defaults', 'built-in'] as const;
type OptionOrigin = (typeof origins)[number];

export interface CompletedOptions {
  /** What the caller asked for, under canonical names. */
  readonly given: Options;
  /** What holds, the chosen profile's name left out: it has done its work. */
  readonly options: Options;
  /** Where an option's value comes from. */
  readonly origin: ReadonlyMap<string, OptionOrigin>;
}

/** Reads defaults and profiles of a driver's configuration. Throws `invalid`, naming the place. */
export function readSources(
  table: OptionTable,
  builtIn: Options,
  defaults: Options,
  profiles: Readonly<Record<string, Options>>,
): OptionSources {
  return {
    builtIn,
    defaults: readConfigured(table, 'The defaults', defaults),
    profiles: new Map(
      Object.entries(profiles).map(([name, options]) => [
        name,
        readConfigured(table, `The profile ${quote(name)}`, options),
      ]),
    ),
  };
}

/** Reads one set of options of the configuration, which cannot name a profile itself. */
export function readConfigured(table: OptionTable, where: string, written: Options): Options {
  const options = table.read(where, written);
  if (options.profile === undefined) return options;
  throw new VolumeError('invalid', `${where}: "profile" cannot stand here: write out its options.`);
}

/** Given options win over the profile's, those over the driver's defaults, those over the built-in ones. Throws `invalid`. */
export function completeOptions(
  table: OptionTable,
  sources: OptionSources,
  where: string,
  written: Options,
): CompletedOptions {
  const given = table.read(where, written);
  const { profile, ...own } = given;
  const layers: readonly (readonly [OptionOrigin, Options])[] = [
    ['built-in', sources.builtIn],
    ['defaults', sources.defaults],
    ['profile', profile === undefined ? {} : findProfile(sources.profiles, where, profile)],
    ['given', own],
  ];
  return {
    given,
    options: Object.assign({}, ...layers.map(([, options]) => options)),
    origin: new Map(
      layers.flatMap(([origin, options]) => Object.keys(options).map((name) => [name, origin] as const)),
    ),
  };
}

function findProfile(profiles: ReadonlyMap<string, Options>, where: string, name: string): Options {
  const found = profiles.get(name);
  if (found !== undefined) return found;
  const names = [...profiles.keys()];
  const meant = nearest(name, names);
  const hint = meant === undefined ? '' : ` Did you mean ${quote(meant)}?`;
  const choice =
    names.length === 0
      ? 'This driver has none: add it to `profiles` in the configuration.'
      : `This driver has ${names.map(quote).join(', ')}.`;
  throw new VolumeError('invalid', `${where}: there is no profile ${quote(name)}.${hint} ${choice}`);
}

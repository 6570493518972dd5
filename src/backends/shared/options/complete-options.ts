import { quote } from '../../../core/names.ts';
import { nearest } from '../../../core/nearest.ts';
import type { Options } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { isRestriction } from './directory-options.ts';
import { isOfCopying } from './from-option.ts';
import type { OptionTable } from './table.ts';

/** Sources of options that the caller does not give, strongest last. */
export interface OptionSources {
  readonly builtIn: Options;
  readonly defaults: Options;
  readonly profiles: ReadonlyMap<string, Options>;
}

/** Strongest first. */
export const origins = ['given', 'profile', 'defaults', 'built-in'] as const;
type OptionOrigin = (typeof origins)[number];

export interface CompletedOptions {
  /** The options that the caller gave, under canonical names. */
  readonly given: Options;
  /** The effective options, without the name of the chosen profile, which is already applied. */
  readonly options: Options;
  /** The source of an option's value. */
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
  if (options.profile !== undefined)
    throw new VolumeError('invalid', `${where}: "profile" is not allowed here: write out its options.`);
  // A front door would create an empty volume that seems to be a restored one.
  if (options.restore !== undefined)
    throw new VolumeError(
      'invalid',
      `${where}: "restore" is not allowed here: give it when a volume is created.`,
    );
  return options;
}

/** For a copy: the options of its source take the place of defaults and built-in ones. */
export function copiedFrom(sources: OptionSources, source: Options): OptionSources {
  const options = Object.fromEntries(Object.entries(source).filter(([name]) => !isOfCopying(name)));
  return { ...sources, builtIn: {}, defaults: options };
}

/** Given options override the profile's, then the driver's defaults, then the built-in ones. Throws `invalid`. */
export function completeOptions(
  table: OptionTable,
  sources: OptionSources,
  where: string,
  written: Options,
): CompletedOptions {
  const given = table.read(where, written);
  if (given.whileInUse !== undefined && given.from === undefined)
    throw new VolumeError(
      'invalid',
      `${where}: whileInUse is for a copy: name its source in from, or leave it out.`,
    );
  const { profile, ...own } = given;
  const layers: readonly (readonly [OptionOrigin, Options])[] = [
    ['built-in', sources.builtIn],
    ['defaults', sources.defaults],
    ['profile', profile === undefined ? {} : findProfile(sources.profiles, where, profile)],
    ['given', own],
  ];
  return {
    given,
    options: withoutUnset(Object.assign({}, ...layers.map(([, options]) => options))),
    origin: new Map(
      layers.flatMap(([origin, options]) => Object.keys(options).map((name) => [name, origin] as const)),
    ),
  };
}

/**
 * A restriction set to `false` only cancels a default: it is not recorded, as in volumes of an earlier Holdfast. What is only about copies
 * is not recorded for other volumes.
 */
function withoutUnset(options: Options): Options {
  const isMeant = (name: string) => name !== 'whileInUse' || options.from !== undefined;
  const isUnset = (name: string, value: string) =>
    value === 'false' && (isRestriction(name) || name === 'whileInUse');
  return Object.fromEntries(
    Object.entries(options).filter(([name, value]) => isMeant(name) && !isUnset(name, value)),
  );
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

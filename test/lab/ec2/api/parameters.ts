import { Ec2Error, invalidValue, missing } from './ec2-error.ts';

/** The parameters of one request, as the Query protocol spells them (`Filter.1.Value.2`). */
export interface Parameters {
  readonly entries: Readonly<Record<string, string>>;
  text(name: string): string | undefined;
  required(name: string): string;
  integer(name: string): number | undefined;
  flag(name: string): boolean;
  /** `name.1`, `name.2`, … */
  list(name: string): readonly string[];
  /** The members below `name.1.`, `name.2.`, … */
  groups(name: string): readonly Parameters[];
}

export function parseParameters(form: string): Parameters {
  return parametersOf(Object.fromEntries(new URLSearchParams(form)));
}

function parametersOf(entries: Readonly<Record<string, string>>): Parameters {
  const text = (name: string) => entries[name];
  return {
    entries,
    text,
    required: (name) => {
      const value = text(name);
      if (!value) throw missing(lowerFirst(name));
      return value;
    },
    integer: (name) => integerOf(name, text(name)),
    flag: (name) => flagOf(name, text(name)),
    list: (name) => indexes(entries, name).map((index) => entries[`${name}.${index}`] ?? ''),
    groups: (name) =>
      indexes(entries, name).map((index) => parametersOf(below(entries, `${name}.${index}.`))),
  };
}

/** Parameters that the action does not know; EC2 refuses them. */
export function refuseUnknown(parameters: Parameters, known: readonly string[]): void {
  const all = ['Action', 'Version', 'DryRun', ...known];
  const unknown = Object.keys(parameters.entries).find((name) => !all.includes(name.split('.')[0] ?? ''));
  if (unknown === undefined) return;
  throw new Ec2Error('UnknownParameter', `The parameter ${unknown} is not recognized`);
}

function integerOf(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^-?\d+$/.test(value)) return Number(value);
  throw invalidValue(`Invalid value '${value}' for ${lowerFirst(name)}. Value must be an integer.`);
}

function flagOf(name: string, value: string | undefined): boolean {
  if (value === undefined || value === 'false') return false;
  if (value === 'true') return true;
  throw invalidValue(
    `Invalid value '${value}' for ${lowerFirst(name)}. Value must be either 'true' or 'false'.`,
  );
}

function indexes(entries: Readonly<Record<string, string>>, name: string): readonly number[] {
  const found = Object.keys(entries)
    .filter((key) => key.startsWith(`${name}.`))
    .map((key) => Number.parseInt(key.slice(name.length + 1), 10))
    .filter((index) => Number.isInteger(index));
  return [...new Set(found)].toSorted((one, other) => one - other);
}

function below(entries: Readonly<Record<string, string>>, prefix: string): Readonly<Record<string, string>> {
  const inside = Object.entries(entries).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(inside.map(([key, value]) => [key.slice(prefix.length), value]));
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

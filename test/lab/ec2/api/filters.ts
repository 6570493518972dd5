import type { Tags } from '../cloud/resources.ts';
import { Ec2Error, invalidValue } from './ec2-error.ts';
import type { Parameters } from './parameters.ts';

/** The values that a filter of each name compares: any of them may match. */
export type Fields<Value> = Readonly<Record<string, (value: Value) => readonly (string | undefined)[]>>;

/** "Filter.N.Name, Filter.N.Value.N": every filter must match, by one of its values; `*` and `?` are wildcards. */
export function parseFilters<Value>(
  parameters: Parameters,
  fields: Fields<Value>,
  tagsOf: (value: Value) => Tags,
): (value: Value) => boolean {
  const filters = parameters.groups('Filter').map((group) => {
    const look = lookOf(group.required('Name'), fields, tagsOf);
    const patterns = group.list('Value').map(pattern);
    return (value: Value) =>
      look(value).some((text) => text !== undefined && patterns.some((one) => one.test(text)));
  });
  checkCount(parameters);
  return (value) => filters.every((matches) => matches(value));
}

function lookOf<Value>(
  name: string,
  fields: Fields<Value>,
  tagsOf: (value: Value) => Tags,
): (value: Value) => readonly (string | undefined)[] {
  if (name.startsWith('tag:')) return (value) => [tagsOf(value).get(name.slice('tag:'.length))];
  if (name === 'tag-key') return (value) => [...tagsOf(value).keys()];
  if (name === 'tag-value') return (value) => [...tagsOf(value).values()];
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field) return field;
  throw invalidValue(`The filter '${name}' is invalid`);
}

/** A backslash makes the next character literal. */
function pattern(text: string): RegExp {
  const source = text.replace(/\\(.)|([\s\S])/gu, (_all, literal?: string, plain?: string) => {
    if (literal !== undefined) return escaped(literal);
    if (plain === '*') return '.*';
    return plain === '?' ? '.' : escaped(plain ?? '');
  });
  return new RegExp(`^${source}$`, 'su');
}

function escaped(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}

function checkCount(parameters: Parameters): void {
  const filters = parameters.groups('Filter');
  if (filters.length > 50)
    throw new Ec2Error('FilterLimitExceeded', 'The maximum number of filters on a single call is 50');
  const count = filters.reduce((sum, group) => sum + group.list('Value').length, 0);
  if (count <= 200) return;
  const message = 'The maximum number of filter values specified on a single call is 200';
  throw new Ec2Error('FilterLimitExceeded', message);
}

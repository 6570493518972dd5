import { type Json, listField, textField, textsField } from '../../../core/json.ts';
import { quote } from '../../../core/names.ts';
import { nearest } from '../../../core/nearest.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { fieldText } from './fields.ts';

type Test = (volume: Json, wanted: string) => boolean;

/** The filters of a list. */
const tests: Readonly<Record<string, Test>> = {
  /** A part of the name, as for Docker, or a pattern with `*` and `?`. */
  name: (volume, wanted) => {
    const name = textField(volume, 'name');
    return /[*?]/.test(wanted) ? matches(name, wanted) : name.includes(wanted);
  },
  driver: (volume, wanted) => matches(fieldText(volume, 'Driver'), wanted),
  state: (volume, wanted) => {
    const state = fieldText(volume, 'State');
    return (
      matches(state, wanted) ||
      matches(state.replaceAll(' ', '-'), wanted) ||
      state.startsWith(`${wanted} to `)
    );
  },
  health: (volume, wanted) => matches(fieldText(volume, 'Health'), wanted),
  /** The beginning of a holder's ID. */
  holder: (volume, wanted) =>
    listField(volume, 'holders').some((holder) => textField(holder, 'id').startsWith(wanted)),
  /** `option=uid`, `option=uid=1000`. */
  option: (volume, wanted) => {
    const [key = '', ...value] = wanted.split('=');
    return textsField(volume, 'options').some(
      ([name, text]) => name === key && (value.length === 0 || text === value.join('=')),
    );
  },
};

export const filterKeys: readonly string[] = Object.keys(tests);

/** Whether a volume matches at least one value of each key, as for Docker. Throws `invalid` with the nearest key. */
export function createFilter(written: readonly string[]): (volume: Json) => boolean {
  const byKey = new Map<string, string[]>();
  for (const one of written) {
    const [key, value] = parsed(one);
    byKey.set(key, [...(byKey.get(key) ?? []), value]);
  }
  return (volume) =>
    [...byKey].every(([key, values]) => values.some((value) => tests[key]?.(volume, value) === true));
}

function parsed(one: string): readonly [string, string] {
  const at = one.indexOf('=');
  const key = at < 0 ? one : one.slice(0, at);
  if (!Object.hasOwn(tests, key)) {
    const near = nearest(key, filterKeys);
    const hint = near === undefined ? `Filters are ${filterKeys.join(', ')}.` : `Did you mean ${near}?`;
    throw new VolumeError('invalid', `${quote(key)} is not a filter. ${hint}`);
  }
  if (at < 0) throw new VolumeError('invalid', `The filter ${key} has no value: write it as ${key}=….`);
  return [key, one.slice(at + 1)];
}

/** `*` matches any characters, `?` one character; linear in pattern and text. */
function matches(text: string, pattern: string): boolean {
  let [at, from] = [0, 0];
  let [star, mark] = [-1, 0];
  while (at < text.length) {
    if (pattern[from] === '*') [star, mark, from] = [from, at, from + 1];
    else if (pattern[from] === '?' || pattern[from] === text[at]) [at, from] = [at + 1, from + 1];
    else if (star >= 0) [from, mark, at] = [star + 1, mark + 1, mark + 1];
    else return false;
  }
  return [...pattern.slice(from)].every((rest) => rest === '*');
}

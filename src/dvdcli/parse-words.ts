import { quote } from '../core/names.ts';
import type { Options } from '../core/volume.ts';
import { VolumeError } from '../core/volume-error.ts';
import { type OptionWord, parseVolumeOptions } from './volume-options.ts';

export const verbs = ['mount', 'unmount', 'path', 'list', 'create', 'remove', 'get'] as const;
export type Verb = (typeof verbs)[number];

export interface Asked {
  readonly verb: Verb;
  readonly driver: string;
  /** Empty for `list` alone. */
  readonly volume: string;
  readonly options: Options;
  /** An absent volume is not created. */
  readonly explicitCreate: boolean;
}

export type Command = { readonly kind: 'help' | 'version' } | ({ readonly kind: 'ask' } & Asked);

interface Flag {
  readonly name: string;
  readonly value: string;
  readonly form: OptionWord['form'];
}

export const switches: readonly string[] = ['explicitcreate', 'help', 'h', 'version'];
export const valued: readonly string[] = ['volumedriver', 'volumename', 'volumeopts'];

/** The words after `dvdcli`, in any order. Throws `invalid`. */
export function parseWords(words: readonly string[]): Command {
  const { flags, plain } = readWords(words);
  const [verb = '', surplus] = plain;
  if (verb === 'help' || isOn(flags, 'help') || isOn(flags, 'h')) return { kind: 'help' };
  if (verb === 'version' || isOn(flags, 'version')) return { kind: 'version' };
  const known = verbs.find((candidate) => candidate === verb);
  if (known === undefined)
    throw wrong(verb === '' ? 'No command is given' : `${quote(verb)} is not a command`);
  if (surplus !== undefined) throw wrong(`${quote(surplus)} is neither a flag nor the value of one`);
  return {
    kind: 'ask',
    verb: known,
    driver: textOf(known, flags, 'volumedriver', 'VOLUME_DRIVER'),
    volume: known === 'list' ? '' : textOf(known, flags, 'volumename', 'VOLUME_NAME'),
    options: parseVolumeOptions(flags.filter(({ name }) => name === 'volumeopts')),
    explicitCreate: isOn(flags, 'explicitcreate'),
  };
}

function readWords(words: readonly string[]): {
  readonly flags: readonly Flag[];
  readonly plain: readonly string[];
} {
  const flags: Flag[] = [];
  const plain: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (!word.startsWith('-')) {
      plain.push(word);
      continue;
    }
    const [, name = '', joined] = /^--?([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (switches.includes(name)) flags.push({ name, value: joined ?? 'true', form: 'joined' });
    else if (!valued.includes(name)) throw wrong(`There is no flag ${quote(word)}`);
    else if (joined !== undefined) flags.push({ name, value: joined, form: 'joined' });
    else flags.push({ name, value: valueAfter(words, at++), form: 'apart' });
  }
  return { flags, plain };
}

function valueAfter(words: readonly string[], at: number): string {
  const value = words[at + 1];
  if (value === undefined) throw wrong(`${words[at]} has no value`);
  return value;
}

function isOn(flags: readonly Flag[], name: string): boolean {
  const value = flags.findLast((flag) => flag.name === name)?.value ?? 'false';
  if (['true', 't', '1'].includes(value.toLowerCase())) return true;
  if (['false', 'f', '0'].includes(value.toLowerCase())) return false;
  throw wrong(`--${name} is true or false, not ${quote(value)}`);
}

/** May be empty for `unmount` alone: Mesos repeats a failed unmount forever, and the mount before it was refused. */
function textOf(verb: Verb, flags: readonly Flag[], name: string, example: string): string {
  const given = flags.filter((flag) => flag.name === name);
  const [first] = given;
  if (first === undefined) throw wrong(`--${name} is missing`);
  if (first.value === '' && verb !== 'unmount') throw wrong(`--${name} is empty: write --${name}=${example}`);
  if (given.length > 1) throw wrong(`--${name} is given ${given.length} times`);
  return first.value;
}

function wrong(what: string): VolumeError {
  return new VolumeError('invalid', `${what}: see \`dvdcli --help\`.`);
}

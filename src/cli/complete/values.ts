import type { Argument, Command, Option } from 'commander';
import { filterKeys } from '../volume/list/filter.ts';
import { sortKeys } from '../volume/list/sort.ts';

export interface Word {
  readonly word: string;
  /** For people; may be empty. */
  readonly about: string;
}

/** `removed`: a removed volume. `anything`: nothing can be offered. */
export type Values =
  | { readonly words: readonly Word[] }
  | 'files'
  | 'folders'
  | 'drivers'
  | 'volumes'
  | 'removed'
  | 'anything';

const byFlag: Readonly<Record<string, Values>> = {
  '--driver': 'drivers',
  '--volume': 'volumes',
  '--sort': plain(sortKeys.flatMap((key) => [key, `-${key}`])),
  '--filter': plain(filterKeys.map((key) => `${key}=`)),
  '--format': plain(['json', 'table']),
};
const byPlaceholder: Readonly<Record<string, Values>> = {
  file: 'files',
  path: 'files',
  folder: 'folders',
  root: 'folders',
  volume: 'volumes',
  driver: 'drivers',
};

export function ofOption({ long = '', argChoices, flags }: Option): Values {
  const [, placeholder = ''] = /[<[](\w+)/.exec(flags) ?? [];
  return (argChoices && plain(argChoices)) ?? byFlag[long] ?? byPlaceholder[placeholder] ?? 'anything';
}

export function ofArgument(command: Command, argument: Argument): Values {
  if (argument.argChoices !== undefined) return plain(argument.argChoices);
  const name = argument.name();
  return name === 'name' ? namesOf(command) : (byPlaceholder[name] ?? 'anything');
}

/** `name` stands for a volume, except in the commands of `holdfast driver`. */
function namesOf(command: Command): Values {
  if (command.parent?.name() === 'driver') return 'drivers';
  if (command.name() === 'create') return 'anything';
  return command.name() === 'undelete' ? 'removed' : 'volumes';
}

function plain(words: readonly string[]): Values {
  return { words: words.map((word) => ({ word, about: '' })) };
}

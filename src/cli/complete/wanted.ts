import type { Argument, Command, Option } from 'commander';
import { ofArgument, ofOption, type Values } from './values.ts';

/** What the user may type at the cursor. */
export interface Wanted {
  readonly values: Values;
  /** The part of the word before the value, such as `--driver=`. */
  readonly prefix: string;
  /** The part of the value that was typed already. */
  readonly begun: string;
  /** Arguments of the command that are given already. */
  readonly operands: readonly string[];
  /** Values of flags that are given already, by their long name. */
  readonly given: ReadonlyMap<string, string>;
}

/** `words`: the arguments of the program up to the cursor; the last one is still being written, and may be empty. */
export function wantedAt(program: Command, words: readonly string[]): Wanted {
  const word = words.at(-1) ?? '';
  const place = walk(program, words.slice(0, -1));
  const { operands, given } = place;
  const at = (values: Values, prefix = '') => ({
    values,
    prefix,
    begun: word.slice(prefix.length),
    operands,
    given,
  });
  if (place.open !== undefined) return at(ofOption(place.open));
  const [, flag = ''] = place.isEnded ? [] : (/^(--[^=]+)=/s.exec(word) ?? []);
  const option = optionNamed(place.command, flag);
  if (option !== undefined) return at(ofOption(option), `${flag}=`);
  if (!place.isEnded && word.startsWith('-')) return at({ words: flagsOf(place) });
  const own = operandsOf(place);
  return at(own ?? { words: place.isEnded ? [] : flagsOf(place) });
}

interface Place {
  readonly command: Command;
  readonly operands: readonly string[];
  readonly given: ReadonlyMap<string, string>;
  /** The flag whose value comes next. */
  readonly open: Option | undefined;
  /** After `--`. */
  readonly isEnded: boolean;
}

function walk(program: Command, words: readonly string[]): Place {
  let command = program;
  let open: Option | undefined;
  let isEnded = false;
  const operands: string[] = [];
  const given = new Map<string, string>();
  for (const word of words) {
    if (open !== undefined) {
      given.set(open.long ?? '', word);
      open = undefined;
    } else if (!isEnded && word === '--') isEnded = true;
    else if (!isEnded && word.startsWith('-')) {
      const { option, value } = flagIn(command, word);
      if (option !== undefined) given.set(option.long ?? '', value ?? '');
      if (option !== undefined && value === undefined && takesValue(option)) open = option;
    } else {
      const inner = operands.length === 0 ? command.commands.find((each) => each.name() === word) : undefined;
      if (inner !== undefined) command = inner;
      // `holdfast help volume ls`
      else if (word !== 'help' || command.commands.length === 0) operands.push(word);
    }
  }
  return { command, operands, given, open, isEnded };
}

/** `--driver`, `--driver=gold`, `-d` or `-dgold`. */
function flagIn(command: Command, word: string): { readonly option?: Option; readonly value?: string } {
  const [, name = word, value] = /^(--[^=]+)=(.*)$/s.exec(word) ?? /^(-[^-])(.+)$/s.exec(word) ?? [];
  const option = optionNamed(command, name);
  return {
    ...(option === undefined ? {} : { option }),
    ...(value === undefined || option === undefined || !takesValue(option) ? {} : { value }),
  };
}

function optionNamed(command: Command, name: string): Option | undefined {
  return command.options.find(({ short, long }) => name !== '' && (short === name || long === name));
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

/** Flags that were not given yet, or that may be repeated. */
function flagsOf({ command, given }: Place) {
  return command
    .createHelp()
    .visibleOptions(command)
    .filter((option) => option.parseArg !== undefined || !given.has(option.long ?? ''))
    .map(({ long, short, description }) => ({ word: long ?? short ?? '', about: description }));
}

/** Commands, or values of the next argument; undefined if there is no next argument. */
function operandsOf({ command, operands }: Place): Values | undefined {
  if (command.commands.length > 0) {
    if (operands.length > 0) return 'anything';
    const commands = command.createHelp().visibleCommands(command);
    return { words: commands.map((each) => ({ word: each.name(), about: each.description() })) };
  }
  const next: Argument | undefined =
    command.registeredArguments[operands.length] ??
    command.registeredArguments.filter(({ variadic }) => variadic).at(-1);
  return next && ofArgument(command, next);
}

import type { Command, OutputConfiguration } from 'commander';
import { nearest } from '../core/nearest.ts';

/** What commands are called elsewhere. */
const otherNames: Readonly<Record<string, string>> = {
  list: 'ls',
  ps: 'ls',
  delete: 'rm',
  remove: 'rm',
  show: 'inspect',
  info: 'inspect',
  get: 'inspect',
  new: 'create',
  add: 'create',
  resize: 'grow',
  expand: 'grow',
  start: 'serve',
  status: 'doctor',
  logs: 'events',
};

/** Errors about the words of a command line say what to write instead. `form`: how a command is written, without those above it. */
export function explainWrongWords(
  command: Command,
  output: OutputConfiguration,
  form: (command: Command) => string,
  above = '',
): void {
  const whole = `${above}${form(command)}`;
  for (const one of command.commands) explainWrongWords(one, output, form, `${whole} `);
  const isGroup = command.commands.length > 0;
  command.configureOutput({
    outputError: (text, write) =>
      output.outputError?.(
        isGroup ? aboutGroup(command, whole, text) : aboutCommand(command, whole, text),
        write,
      ),
  });
}

/** `holdfast help volume create`. Commander's own `help` does not look at the words after the first. */
export function showHelp(program: Command, path: readonly string[]): void {
  let command = program;
  for (const word of path) {
    const found = command.commands.find((each) => each.name() === word);
    if (found === undefined) command.error(`error: unknown command '${word}'`);
    else command = found;
  }
  command.outputHelp();
}

function aboutCommand(command: Command, whole: string, text: string): string {
  const isOfArguments = /^error: (too many arguments|missing required argument)/.test(text);
  if (isOfArguments) return `${sentence(text)} Write \`${whole}\`.`;
  const [, flag] = /^error: unknown option '--([^']+)'$/.exec(text.trim()) ?? [];
  const takesOptions = command.options.some(({ long }) => long === '--option');
  return flag !== undefined && takesOptions
    ? `${sentence(text)} Write an option of the volume as \`-o ${flag}=…\`.`
    : text;
}

function aboutGroup(group: Command, whole: string, text: string): string {
  const [, word] = /^error: unknown command '(.*)'/s.exec(text) ?? [];
  if (word !== undefined) {
    const meant = meantBy(group, word);
    const hint = meant === undefined ? `. See \`${whole} --help\`.` : ` (Did you mean ${meant}?)`;
    return `error: unknown command '${word}'${hint}`;
  }
  const isOfOption = text.startsWith('error: unknown option') && !text.includes('(Did you mean');
  return isOfOption ? `${sentence(text)} Options come after the command: see \`${whole} --help\`.` : text;
}

/** A command of the group, or one of another group by its whole name. */
function meantBy(group: Command, word: string): string | undefined {
  const own = nearestOf(group, word);
  if (own !== undefined) return own;
  const elsewhere = group.commands.find((each) => nearestOf(each, word) !== undefined);
  return elsewhere && `${elsewhere.name()} ${nearestOf(elsewhere, word)}`;
}

function nearestOf(group: Command, word: string): string | undefined {
  const names = group
    .createHelp()
    .visibleCommands(group)
    .map((each) => each.name());
  const typed = word.toLowerCase();
  const known = Object.hasOwn(otherNames, typed) ? otherNames[typed] : undefined;
  return known !== undefined && names.includes(known) ? known : nearest(word, names);
}

function sentence(text: string): string {
  return text.trim().replace(/\.?$/, '.');
}

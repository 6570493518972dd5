import type { Command, Help } from 'commander';

/** The manual page holdfast(1) in the macros of man(7), from the commands themselves. */
export function manPage(program: Command): string {
  const help = program.createHelp();
  const commands = endsOf(program, help, '');
  return [
    `.TH HOLDFAST 1 "" "Holdfast ${roff(program.version() ?? '')}" "Holdfast"`,
    '.SH NAME',
    `holdfast \\- ${roff(sentence(program.description()))}`,
    '.SH SYNOPSIS',
    '.B holdfast',
    '.I command',
    '[\\fIoption\\fR ...] [\\fIargument\\fR ...]',
    '.SH DESCRIPTION',
    ...paragraphs(about),
    '.SH COMMANDS',
    ...commands.flatMap(({ name, command }) => section(name, command, help)),
    '.SH EXIT STATUS',
    ...rows([
      ['0', 'success'],
      ['1', 'failure'],
      ['2', 'invalid arguments'],
    ]),
    '.SH ENVIRONMENT',
    ...rows(variables),
    '.SH FILES',
    ...rows(files),
    '.SH SEE ALSO',
    '.BR systemctl (1),',
    '.BR docker\\-volume\\-create (1),',
    '.BR mount (8)',
    '',
  ].join('\n');
}

const about = [
  'holdfast runs the daemon that gives containers persistent volumes, and asks it. It talks to the daemon over its admin socket, never through an engine, so it works while an engine hangs. The socket belongs to root.',
  'With --dry-run, a command only prints what it would do.',
];

const variables = [
  ['HOLDFAST_ADMIN_SOCKET', "path of the daemon's admin socket"],
  ['HOLDFAST_CONFIG', 'the configuration file'],
  ['NO_COLOR', 'if it is not empty, nothing is coloured'],
] as const;

const files = [
  ['/etc/holdfast/config.yaml', 'the configuration'],
  ['/run/holdfast/admin.sock', "the daemon's admin socket"],
  ['/run/docker/plugins/', 'the sockets of the drivers'],
  ['/var/lib/holdfast/', 'volumes of local drivers, mountpoints, lists of volumes and the audit log'],
] as const;

interface Named {
  readonly name: string;
  readonly command: Command;
}

/** Every visible command except the groups. */
function endsOf(command: Command, help: Help, above: string): readonly Named[] {
  const name = `${above} ${command.name()}`.trim();
  if (command.commands.length === 0) return [{ name, command }];
  const own = help.visibleCommands(command).filter((each) => command.commands.includes(each));
  return own.flatMap((each) => endsOf(each, help, name));
}

function section(name: string, command: Command, help: Help): readonly string[] {
  const given = help
    .visibleArguments(command)
    .map((argument) => [help.argumentTerm(argument), argument.description]);
  const flags = help
    .visibleOptions(command)
    .map((option) => [help.optionTerm(option), help.optionDescription(option)]);
  return [
    `.SS "${roff(`${name} ${command.usage()}`)}"`,
    ...folded(sentence(command.description())),
    ...rows([...given, ...flags]),
  ];
}

function rows(pairs: readonly (readonly string[])[]): readonly string[] {
  return pairs.flatMap(([term = '', text = '']) => ['.TP', `.B ${roff(term)}`, ...folded(text)]);
}

function paragraphs(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text, index) => (index === 0 ? folded(text) : ['.PP', ...folded(text)]));
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;
}

/** Lines of at most some 80 characters, as editors and diffs like them. */
function folded(text: string): readonly string[] {
  const lines = text.match(/\S.{0,64}(?=\s|$)|\S+/g) ?? [''];
  return lines.map(roff);
}

/** A line of text: nothing in it is a request or an escape of roff. */
function roff(text: string): string {
  const line = text
    .replace(/\s+/g, ' ')
    .replace(/[\\"\-'`^~]|[^\x20-\x7e]/gu, (character) => special[character] ?? unicode(character));
  return line.startsWith('.') ? `\\&${line}` : line;
}

/** See groff_char(7). A quote would end the argument of a request. */
const special: Readonly<Record<string, string>> = {
  '\\': '\\(rs',
  '"': '\\(dq',
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
};

function unicode(character: string): string {
  return `\\[u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`;
}

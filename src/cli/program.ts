import { type Argument, Command, Help, type OutputConfiguration } from 'commander';
import { type AdoptParts, addAdoptCommand } from './adopt/commands.ts';
import { addBackupCommands, type BackupParts } from './backup/commands.ts';
import { addBundleCommand, type BundleParts } from './bundle/commands.ts';
import type { CommandResult } from './command-result.ts';
import { configText, withJson, withSocket } from './common-options.ts';
import { addCompleteCommands, type CompleteParts } from './complete/commands.ts';
import { addDriverCommands, type DriverParts } from './driver/commands.ts';
import { addEventCommands, type EventParts } from './events/commands.ts';
import { addInstallCommands, type InstallOptions } from './install-commands.ts';
import { addMesosCommands, type MesosParts } from './mesos/commands.ts';
import { addSnapshotCommands } from './snapshot/commands.ts';
import { addVolumeCommands, type VolumeParts } from './volume/commands.ts';
import { explainWrongWords } from './wrong-words.ts';

/** What the commands need. A command uses only its own parts. */
export interface ProgramParts
  extends AdoptParts,
    BackupParts,
    BundleParts,
    CompleteParts,
    DriverParts,
    EventParts,
    MesosParts,
    VolumeParts {
  readonly version: string;
  check(file: string | undefined, options: CheckOptions): Promise<CommandResult>;
  /** Resolves when the daemon has stopped. */
  serve(options: ServeOptions): Promise<CommandResult>;
  recover(options: RecoverOptions): Promise<CommandResult>;
  reload(options: ReloadOptions): Promise<CommandResult>;
  doctor(options: DoctorOptions): Promise<CommandResult>;
  install(options: InstallOptions): Promise<CommandResult>;
  uninstall(options: InstallOptions): Promise<CommandResult>;
  readonly output: OutputConfiguration;
}

export interface ServeOptions {
  readonly config?: string;
  readonly json?: boolean;
}

interface CheckOptions {
  readonly witnesses?: boolean;
}

interface DoctorOptions {
  readonly config?: string;
  readonly socket?: string;
}

interface ReloadOptions {
  readonly socket?: string;
  readonly dryRun?: boolean;
}

interface RecoverOptions {
  readonly config?: string;
  readonly socket?: string;
  readonly dryRun?: boolean;
}

/**
 * The commands and their options. Invalid arguments throw a CommanderError; nothing here prints or exits. `first`: the first word, since
 * a start of the daemon does not make the other commands.
 */
export function createProgram(parts: ProgramParts, first?: string): Command {
  const program = new Command('holdfast')
    .description('Volumes that outlive containers and hosts.')
    .helpCommand('help [command]', 'show help for a command')
    .configureOutput(parts.output)
    .configureHelp({ sortOptions: true, subcommandTerm: words })
    .exitOverride();
  addServeCommand(program, parts);
  if (first !== 'serve') addOtherCommands(program, parts);
  explainWrongWords(program, parts.output, words);
  return withShortOptions(program, parts.version);
}

function addOtherCommands(program: Command, parts: ProgramParts): void {
  addDaemonCommands(program, parts);
  addInstallCommands(program, parts);
  addVolumeCommands(program, parts);
  addSnapshotCommands(program, parts);
  addBackupCommands(program, parts);
  addDriverCommands(program, parts);
  addEventCommands(program, parts);
  addMesosCommands(program, parts);
  addAdoptCommand(program, parts);
  addBundleCommand(program, parts);
  addCompleteCommands(program, parts);
  withJson(program.command('version', { hidden: true }).description('print the version')).action(() =>
    parts.finish({ json: { version: parts.version }, text: `holdfast ${parts.version}` }),
  );
}

/** In one line at the end of the help, which must fit on one screen. Called last: the commands show their own options. */
function withShortOptions(program: Command, version: string): Command {
  return program
    .version(version, '-V, --version', 'print the version')
    .addHelpText('after', optionsAndCodes)
    .configureHelp({
      ...program.configureHelp(),
      // There is no line for it either.
      commandDescription: () => '',
      // `help` has no line: "-h" is in the last one.
      visibleCommands: (command) =>
        Help.prototype.visibleCommands.call(new Help(), command).filter((one) => one.name() !== 'help'),
      formatItemList: (heading, items, helper) =>
        heading === 'Options:' ? [] : Help.prototype.formatItemList.call(helper, heading, items, helper),
    });
}

const optionsAndCodes = `Exit codes: 0 success, 1 failure, 2 invalid arguments.
Options: -h, --help; -V, --version.`;

function words(command: Command): string {
  return [command.name(), ...command.registeredArguments.map(shownArgument)].join(' ');
}

/** The same form as in a command's usage line: optional arguments are in brackets. */
function shownArgument(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

function addServeCommand(program: Command, parts: ProgramParts): void {
  withJson(program.command('serve').description('run the daemon in the foreground'))
    .option('-c, --config <file>', configText)
    .action(async (options: ServeOptions) => parts.finish(await parts.serve(options)));
}

function addDaemonCommands(program: Command, parts: ProgramParts): void {
  withJson(program.command('check').description('check a configuration file'))
    .argument('[file]', configText)
    .option('--witnesses', 'also ask the witnesses and show what they see')
    .action(async (file: string | undefined, options: CheckOptions) =>
      parts.finish(await parts.check(file, options)),
    );

  withJson(withSocket(program.command('doctor')))
    .description('find problems, and say how to fix them')
    .option('-c, --config <file>', configText)
    .action(async (options: DoctorOptions) => parts.finish(await parts.doctor(options)));

  withJson(withSocket(program.command('reload')))
    .description('take up drivers that were added, changed or removed')
    .option('-n, --dry-run', 'only print what would be done')
    .action(async (options: ReloadOptions) => parts.finish(await parts.reload(options)));

  withJson(withSocket(program.command('recover')))
    .description('repair mounts and holders after a crash')
    .option('-n, --dry-run', 'only print what would be done')
    .option('-c, --config <file>', `when no daemon runs: ${configText}`)
    .action(async (options: RecoverOptions) => parts.finish(await parts.recover(options)));
}

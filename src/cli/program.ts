import { Command, type OutputConfiguration } from 'commander';
import type { CommandResult } from './command-result.ts';
import { configText, withJson, withSocket } from './common-options.ts';
import { addInstallCommands, type InstallOptions } from './install-commands.ts';
import { addMesosCommands, type MesosParts } from './mesos-commands.ts';
import { addVolumeCommands } from './volume-commands.ts';

/** What the commands are made of; each part is asked for only by the commands that need it. */
export interface ProgramParts extends MesosParts {
  readonly version: string;
  check(file: string | undefined, options: CheckOptions): Promise<CommandResult>;
  /** Resolves when the daemon was stopped. */
  serve(options: ServeOptions): Promise<CommandResult>;
  recover(options: RecoverOptions): Promise<CommandResult>;
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

export interface RecoverOptions {
  readonly config?: string;
  readonly socket?: string;
  readonly dryRun?: boolean;
}

/** The command line's words. Wrong ones throw a CommanderError; nothing here prints or exits by itself. */
export function createProgram(parts: ProgramParts): Command {
  const program = new Command('holdfast')
    .description('Volumes that outlive containers and hosts.')
    .version(parts.version, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'say more about a command')
    .addHelpText('after', examples)
    .configureOutput(parts.output)
    .configureHelp({ sortOptions: true, subcommandTerm: words })
    .exitOverride();
  addDaemonCommands(program, parts);
  addInstallCommands(program, parts);
  addVolumeCommands(program, parts);
  addMesosCommands(program, parts);
  withJson(program.command('version').description('print the version')).action(() =>
    parts.finish({ json: { version: parts.version }, text: `holdfast ${parts.version}` }),
  );
  return program;
}

const examples = `
Examples:
  sudo holdfast volume create demo -o size=1GiB
  docker run --rm -it -v demo:/data --volume-driver holdfast busybox
Exit codes: 0 done, 1 failed, 2 wrong use.`;

function words(command: Command): string {
  return [command.name(), ...command.registeredArguments.map((argument) => `<${argument.name()}>`)].join(' ');
}

function addDaemonCommands(program: Command, parts: ProgramParts): void {
  withJson(program.command('serve').description('run the daemon in the foreground'))
    .option('-c, --config <file>', configText)
    .action(async (options: ServeOptions) => parts.finish(await parts.serve(options)));

  withJson(program.command('check').description('say what is wrong with a configuration'))
    .argument('[file]', configText)
    .option('--witnesses', 'also ask the witnesses, and show what they see')
    .action(async (file: string | undefined, options: CheckOptions) =>
      parts.finish(await parts.check(file, options)),
    );

  withJson(withSocket(program.command('recover')))
    .description('make mounts and their holders agree again')
    .option('-n, --dry-run', 'only print what would be done')
    .option('-c, --config <file>', `for when no daemon runs: ${configText}`)
    .action(async (options: RecoverOptions) => parts.finish(await parts.recover(options)));
}

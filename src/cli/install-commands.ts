import type { Command } from 'commander';
import type { CommandResult } from './command-result.ts';
import { configText, withJson } from './common-options.ts';

export interface InstallOptions {
  readonly config?: string;
  readonly root: string;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  /** Only for `install`. */
  readonly enable?: boolean;
}

interface InstallParts {
  install(options: InstallOptions): Promise<CommandResult>;
  uninstall(options: InstallOptions): Promise<CommandResult>;
  finish(result: CommandResult): void;
}

export function addInstallCommands(program: Command, parts: InstallParts): void {
  installCommand(program, 'install', 'install the daemon as a systemd unit that starts at boot')
    .option('-f, --force', 'also replace units that were edited by hand')
    .option('--no-enable', 'only write the units')
    .action(async (options: InstallOptions) => parts.finish(await parts.install(options)));

  installCommand(program, 'uninstall', 'undo what install did; volumes and data stay')
    .option('-f, --force', 'also when volumes are mounted or units were edited by hand')
    .action(async (options: InstallOptions) => parts.finish(await parts.uninstall(options)));
}

function installCommand(program: Command, name: string, description: string): Command {
  return withJson(program.command(name).description(description))
    .option('-c, --config <file>', configText)
    .option(
      '--root <folder>',
      'where the units are written; with any other than "/", nothing is started or stopped',
      '/',
    )
    .option('-n, --dry-run', 'only print what would be done');
}

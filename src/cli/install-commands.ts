import type { Command } from 'commander';
import type { CommandResult } from './command-result.ts';
import { configText, withJson } from './common-options.ts';

export interface InstallOptions {
  readonly config?: string;
  readonly root: string;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  /** Of `install` alone. */
  readonly enable?: boolean;
}

interface InstallParts {
  install(options: InstallOptions): Promise<CommandResult>;
  uninstall(options: InstallOptions): Promise<CommandResult>;
  finish(result: CommandResult): void;
}

export function addInstallCommands(program: Command, parts: InstallParts): void {
  installCommand(program, 'install', 'let systemd run the daemon, from every boot on')
    .option('-f, --force', 'also replace units that were changed by hand')
    .option('--no-enable', 'only write the units')
    .action(async (options: InstallOptions) => parts.finish(await parts.install(options)));

  installCommand(program, 'uninstall', 'undo what install did; volumes and data stay')
    .option('-f, --force', 'also with volumes mounted, and with units changed by hand')
    .action(async (options: InstallOptions) => parts.finish(await parts.uninstall(options)));
}

function installCommand(program: Command, name: string, description: string): Command {
  return withJson(program.command(name).description(description))
    .option('-c, --config <file>', configText)
    .option('--root <folder>', 'below which the units are; but for "/", nothing is started or stopped', '/')
    .option('-n, --dry-run', 'only print what would be done');
}

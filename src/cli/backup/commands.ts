import type { Command } from 'commander';
import type { AdminClient } from '../admin-client.ts';
import { type AroundOptions, aroundOf, withAround } from '../around-options.ts';
import type { CommandResult } from '../command-result.ts';
import { collectOption, withJson, withSocket } from '../common-options.ts';
import type { RestoreOptions } from './restore.ts';
import type { TaskOptions, Telling } from './task.ts';

export interface BackupParts extends Telling {
  client(socket: string | undefined): Promise<AdminClient>;
  finish(result: CommandResult): void;
}

type Options = TaskOptions & { readonly socket?: string };
type RunOptions = Options & AroundOptions & { readonly whileInUse?: boolean };
type Words = Readonly<Record<string, unknown>>;

const examples = `
Examples:
  sudo holdfast backup run nightly
  sudo holdfast backup ls
  sudo holdfast backup restore nas:db db-again`;

/** `holdfast backup …`. */
export function addBackupCommands(program: Command, parts: BackupParts): void {
  const backup = program.command('backup').description('keep copies of volumes elsewhere, and restore them');
  const begin = async (task: Words, options: Options): Promise<void> => {
    const { runTask } = await import('./task.ts');
    parts.finish(await runTask(await parts.client(options.socket), task, options, parts));
  };

  withTask(backup.command('init <repository>').description('create a repository')).action(
    (repository: string, options: Options) => begin({ do: 'init', repository }, options),
  );
  withAround(withTask(backup.command('run <backup> [volume...]').description('back volumes up now')))
    .option('--while-in-use', 'also volumes that are in use and have no instant snapshots')
    .addHelpText('after', examples)
    .action((plan: string, volumes: string[], options: RunOptions) => {
      const live = options.whileInUse ? { whileInUse: true } : {};
      return begin({ do: 'run', plan, ...some(volumes), ...live, ...aroundOf(options) }, options);
    });
  withTask(backup.command('prove <backup> [volume...]').description('restore the latest aside, and compare'))
    .option('--whole', 'all files, not a part of them')
    .action((plan: string, volumes: string[], options: Options & { readonly whole?: boolean }) =>
      begin({ do: 'prove', plan, ...some(volumes), ...(options.whole && { whole: true }) }, options),
    );
  withTask(backup.command('prune <backup>').description('delete backups that are not kept any more')).action(
    (plan: string, options: Options) => begin({ do: 'prune', plan }, options),
  );
  withTask(backup.command('check <repository>').description('check a repository for errors')).action(
    (repository: string, options: Options) => begin({ do: 'check', repository }, options),
  );
  withJson(withSocket(backup.command('ls [volume]').description('list backups, and when each was proven')))
    .option('--repository <name>', 'only those of this repository')
    .action(async (volume: string | undefined, options: Options & { readonly repository?: string }) => {
      const { listBackups } = await import('./ls.ts');
      parts.finish(await listBackups(await parts.client(options.socket), volume, options));
    });
  withTask(
    backup
      .command('restore <repository:backup> <name>')
      .description('make a new volume of a backup (its ID or volume)'),
  )
    .option('-d, --driver <name>', 'the driver of the new volume (default: that of the backup)')
    .option('-o, --option <key=value>', 'a volume option; may be repeated', collectOption)
    .action(async (named: string, name: string, options: Options & RestoreOptions) => {
      const { restoreTask } = await import('./restore.ts');
      await begin(restoreTask(named, name, options), options);
    });
}

function some(volumes: readonly string[]): { readonly volumes?: readonly string[] } {
  return volumes.length === 0 ? {} : { volumes };
}

function withTask(command: Command): Command {
  return withJson(withSocket(command)).option('-n, --dry-run', 'only print what would be done');
}

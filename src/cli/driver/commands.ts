import type { Command } from 'commander';
import type { AdminClient } from '../admin-client.ts';
import type { CommandResult } from '../command-result.ts';
import { withJson, withSocket } from '../common-options.ts';

export interface DriverParts {
  client(socket: string | undefined): Promise<AdminClient>;
  finish(result: CommandResult): void;
  columns(): number | undefined;
}

interface Options {
  readonly socket?: string;
}

/** `holdfast driver …` and `holdfast drain`: show the daemon's drivers, and whether this host can be stopped. */
export function addDriverCommands(program: Command, parts: DriverParts): void {
  const driver = program.command('driver').description('list and show drivers');
  withJson(withSocket(driver.command('ls').description('list drivers'))).action(async (options: Options) => {
    const { listDrivers } = await import('./ls.ts');
    parts.finish(await listDrivers(await parts.client(options.socket), parts.columns()));
  });
  withJson(withSocket(driver.command('inspect <name>').description('show everything about a driver'))).action(
    async (name: string, options: Options) => {
      const { inspectDriver } = await import('./inspect.ts');
      parts.finish(await inspectDriver(await parts.client(options.socket), name));
    },
  );
  withJson(withSocket(program.command('drain').description('say whether this host can be stopped')))
    .requiredOption('--check', 'only look; nothing is changed')
    .action(async (options: Options) => {
      const { checkDrain } = await import('./drain.ts');
      parts.finish(await checkDrain(await parts.client(options.socket), parts.columns()));
    });
}

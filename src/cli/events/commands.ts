import type { Command } from 'commander';
import type { AdminClient } from '../admin-client.ts';
import type { CommandResult } from '../command-result.ts';
import { withJson, withSocket } from '../common-options.ts';
import type { EventsOptions } from './list.ts';

export interface EventParts {
  client(socket: string | undefined): Promise<AdminClient>;
  finish(result: CommandResult): void;
  /** Writes to stdout at once. */
  say(text: string): void;
  /** Waits between two requests of a following command; resolves to false to end it. */
  pause(milliseconds: number): Promise<boolean>;
}

type Options = EventsOptions & { readonly socket?: string; readonly follow?: boolean };

export function addEventCommands(program: Command, parts: EventParts): void {
  withJson(withSocket(program.command('events').description('show what happened to volumes, and who asked')))
    .option('--since <duration>', 'how far back, such as 30m, 12h or 7d', '1d')
    .option('--volume <name>', 'only events of this volume')
    .option('-f, --follow', 'keep showing new events, until Ctrl-C')
    .action(async (options: Options) => {
      const { listEvents, followEvents } = await import('./list.ts');
      const client = await parts.client(options.socket);
      if (!options.follow) return parts.finish(await listEvents(client, options));
      parts.finish(await followEvents(client, options, parts));
    });

  withJson(
    withSocket(program.command('why <name>').description('say why a container with a volume did not start')),
  ).action(async (name: string, options: { readonly socket?: string }) => {
    const { whyVolume } = await import('./why.ts');
    parts.finish(await whyVolume(await parts.client(options.socket), name));
  });
}

import { Argument, type Command } from 'commander';
import type { AdminClient } from '../admin-client.ts';
import type { CommandResult } from '../command-result.ts';
import { withJson } from '../common-options.ts';

export interface CompleteParts {
  /** A client of the given socket, or of the default one. Its calls end after this many milliseconds. */
  clientWithin(deadline: number, socket: string | undefined): Promise<AdminClient>;
  finish(result: CommandResult): void;
  /** Writes to stdout, unchanged: for other programs. */
  print(text: string): void;
}

const shells = ['bash', 'zsh', 'fish'] as const;

/** `holdfast completion`, and two hidden commands: one for its scripts at each Tab, and one for the manual page. */
export function addCompleteCommands(program: Command, parts: CompleteParts): void {
  withJson(program.command('completion').description('print a script that completes commands in a shell'))
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .action(async (shell: (typeof shells)[number], { json }: { readonly json?: boolean }) => {
      const { scripts } = await import('./scripts.ts');
      if (json !== true) return parts.print(scripts[shell]);
      parts.finish({ json: { shell, script: scripts[shell] }, text: '' });
    });
  program
    .command('__complete <shell> [words...]', { hidden: true })
    .action(async (shell: string, words: readonly string[]) => {
      const { answer } = await import('./answer.ts');
      parts.print(await answer(program, shell, words, parts.clientWithin));
    });
  program.command('__man', { hidden: true }).action(async () => {
    const { manPage } = await import('./man-page.ts');
    parts.print(manPage(program));
  });
}

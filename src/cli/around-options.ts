import type { Command } from 'commander';

/** What is done in the containers that use a volume, around a copy. */
export interface AroundOptions {
  readonly pause?: boolean;
  readonly execBefore?: string;
  readonly execAfter?: string;
  readonly execIn?: string;
}

export function withAround(command: Command): Command {
  return command
    .option('--pause', 'pause the containers that use it meanwhile')
    .option('--exec-before <command>', 'run before the copy by sh -c, in the container that uses it')
    .option('--exec-after <command>', 'run after the copy by sh -c, in the same container')
    .option('--exec-in <container>', 'the container for these commands, if several use it');
}

/** Those that were given. */
export function aroundOf({ pause, execBefore, execAfter, execIn }: AroundOptions): AroundOptions {
  return {
    ...(pause === undefined ? {} : { pause }),
    ...(execBefore === undefined ? {} : { execBefore }),
    ...(execAfter === undefined ? {} : { execAfter }),
    ...(execIn === undefined ? {} : { execIn }),
  };
}

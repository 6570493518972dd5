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
    .option('--pause', 'pause the containers that use the volume meanwhile')
    .option('--exec-before <command>', 'run this by sh -c in the container that uses the volume, before')
    .option('--exec-after <command>', 'the same, afterwards')
    .option('--exec-in <container>', 'the container for these commands, if several use the volume');
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

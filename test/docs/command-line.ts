import { type Command, CommanderError } from 'commander';
import { createProgram } from '../../src/cli/program.ts';
import { VolumeError } from '../../src/core/volume-error.ts';

export interface DocumentedCommand {
  /** "holdfast volume ls" */
  readonly name: string;
  readonly command: Command;
}

/** Every command in the order of the help, except groups and commands for other programs (`__…`). */
export function documentedCommands(): readonly DocumentedCommand[] {
  const below = (command: Command, above: string): readonly DocumentedCommand[] => {
    const name = `${above} ${command.name()}`.trim();
    if (command.commands.length === 0) return [{ name, command }];
    const own = command.commands.filter((inner) => !inner.name().startsWith('__'));
    return own.flatMap((inner) => below(inner, name));
  };
  return below(idleProgram(), '');
}

/** Commander's error for these arguments of `holdfast`; undefined if they are valid. */
export async function complaint(words: readonly string[]): Promise<string | undefined> {
  try {
    await idleProgram().parseAsync([...words], { from: 'user' });
    return undefined;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode !== 0) return error.message;
    if (error instanceof CommanderError || error instanceof VolumeError) return undefined;
    throw error;
  }
}

/** Splits a shell line into words: at spaces, respecting quotes, up to a comment. */
export function shellWords(line: string): readonly string[] {
  const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|[^\s"']+/g)];
  const plain = words.map((match) => match[1] ?? match[2] ?? match[0]);
  const comment = plain.findIndex((word) => word.startsWith('#'));
  return comment < 0 ? plain : plain.slice(0, comment);
}

/** A program that parses all commands and does nothing. */
function idleProgram(): Command {
  const idle = async () => ({ json: {}, text: '' });
  const nobodyThere = async () => ({
    ask: async () => ({}),
    read: async () => '',
    isAnswered: async () => false,
  });
  const nobody = () => Promise.reject(new VolumeError('unavailable', 'There are no masters.'));
  return createProgram({
    version: '0',
    client: nobodyThere,
    clientWithin: nobodyThere,
    say: () => undefined,
    print: () => undefined,
    pause: async () => false,
    enginesWithOwn: async () => [],
    mesosWitness: nobody,
    mesosOperator: nobody,
    mounts: async () => [],
    withMoveHost: () => Promise.reject(new VolumeError('failed', 'Nothing is moved here.')),
    fileSystemOf: async () => ({ bytes: 0, identities: [] }),
    check: idle,
    serve: idle,
    recover: idle,
    reload: idle,
    doctor: idle,
    supportBundle: idle,
    install: idle,
    uninstall: idle,
    finish: () => undefined,
    columns: () => undefined,
    output: { writeOut: () => undefined, writeErr: () => undefined },
  });
}

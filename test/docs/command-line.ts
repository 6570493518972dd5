import { type Command, CommanderError } from 'commander';
import { createProgram } from '../../src/cli/program.ts';
import { VolumeError } from '../../src/core/volume-error.ts';

export interface DocumentedCommand {
  /** "holdfast volume ls" */
  readonly name: string;
  readonly command: Command;
}

/** Every command that does something, in the order of the help. */
export function documentedCommands(): readonly DocumentedCommand[] {
  const below = (command: Command, above: string): readonly DocumentedCommand[] => {
    const name = `${above} ${command.name()}`.trim();
    if (command.commands.length === 0) return [{ name, command }];
    return command.commands.flatMap((inner) => below(inner, name));
  };
  return below(idleProgram(), '');
}

/** The words after `holdfast`: what commander has against them; undefined when nothing. */
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

/** The words of a shell's line: blanks part them, quotes hold them together, and a comment ends them. */
export function shellWords(line: string): readonly string[] {
  const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|[^\s"']+/g)];
  const plain = words.map((match) => match[1] ?? match[2] ?? match[0]);
  const comment = plain.findIndex((word) => word.startsWith('#'));
  return comment < 0 ? plain : plain.slice(0, comment);
}

/** Understands all words, and does nothing: no daemon is asked. */
function idleProgram(): Command {
  const idle = async () => ({ json: {}, text: '' });
  const nobody = () => Promise.reject(new VolumeError('unavailable', 'There are no masters.'));
  return createProgram({
    version: '0',
    client: async () => ({ ask: async () => ({}), isAnswered: async () => false }),
    mesosWitness: nobody,
    mesosOperator: nobody,
    spaceOf: async () => 0,
    check: idle,
    serve: idle,
    recover: idle,
    install: idle,
    uninstall: idle,
    finish: () => undefined,
    output: { writeOut: () => undefined, writeErr: () => undefined },
  });
}

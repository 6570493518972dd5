import * as z from 'zod/mini';
import type { Log } from '../../core/log.ts';
import { once } from '../../core/once.ts';
import { createMutex } from '../../core/waits/mutex.ts';
import type { AskEngine } from '../questions.ts';
import type { Engine } from '../usual-engines.ts';
import type { Notes } from './pauses.ts';
import { type ContainerCommand, runInContainer } from './run-command.ts';

export interface OwedParts {
  readonly ask: AskEngine;
  /** Those that run now: a question would start a stopped one. */
  engines(): Promise<readonly Engine[]>;
  readonly owedNotes: Notes;
  readonly log: Log;
  /** Milliseconds between two looks for an engine that is not there. */
  readonly pace?: number;
}

/** Commands for afterwards. They are owed as soon as the one before may run: an application may wait for them. */
export interface OwedCommands {
  /** Notes them. If this process is killed, the next one runs them, at least once. */
  add(commands: readonly ContainerCommand[]): Promise<void>;
  /** Runs each of them, also if another fails. Throws `failed`. */
  run(commands: readonly ContainerCommand[]): Promise<void>;
  /** Resolves once what an earlier process owed was tried. */
  readonly begun: Promise<void>;
  /** Ends the attempts. What is still owed is run by the next process. */
  close(): Promise<void>;
}

const schema = once(() =>
  z.array(
    z.object({
      socket: z.string(),
      id: z.string().check(z.regex(/^\w[\w.-]*$/)),
      name: z.string(),
      command: z.string(),
      user: z.optional(z.string()),
    }),
  ),
);

/** `unpaused`: resolves once no container of the earlier process is paused, because the engine runs nothing in a paused one. */
export function createOwedCommands(
  { ask, engines, owedNotes, log, pace = 10_000 }: OwedParts,
  unpaused: Promise<void>,
): OwedCommands {
  const owed = new Set<ContainerCommand>();
  const inTurn = createMutex();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const save = () => inTurn(() => owedNotes.write(JSON.stringify([...owed])));

  async function attempt(command: ContainerCommand): Promise<void> {
    const { socket, id, name: container } = command;
    if (isClosed || !(await engines()).some((engine) => engine.socket === socket)) return;
    await runInContainer(ask, command).then(
      () => log.write('warn', 'command-made-up', { container, id }),
      (error) => log.write('error', 'command-failed', { container, id, error }),
    );
    owed.delete(command);
    await save();
  }

  async function makeUp(left: readonly ContainerCommand[]): Promise<void> {
    for (const command of left) await attempt(command);
    const rest = left.filter((command) => owed.has(command));
    if (rest.length === 0 || isClosed) return;
    const again = () => void makeUp(rest).catch((error) => log.write('error', 'command-failed', { error }));
    timer = setTimeout(again, pace).unref();
  }

  const begun = unpaused
    .then(async () => {
      const left = schema().parse(JSON.parse((await owedNotes.read()) ?? '[]'));
      for (const command of left) owed.add(command);
      await makeUp(left);
    })
    .catch((error) => log.write('error', 'command-failed', { error }));

  return {
    begun,
    async add(commands) {
      if (commands.length === 0) return;
      for (const command of commands) owed.add(command);
      await save();
    },
    async run(commands) {
      const failures: unknown[] = [];
      for (const command of commands) {
        await runInContainer(ask, command).catch((error) => failures.push(error));
        owed.delete(command);
      }
      if (commands.length > 0) await save();
      if (failures.length > 0) throw failures[0];
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await inTurn(async () => undefined);
    },
  };
}

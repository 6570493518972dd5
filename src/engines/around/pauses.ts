import * as z from 'zod/mini';
import type { Log } from '../../core/log.ts';
import { once } from '../../core/once.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { createMutex } from '../../core/waits/mutex.ts';
import type { AskEngine } from '../questions.ts';
import type { Engine } from '../usual-engines.ts';

/** Where is noted what has to be undone, so that a later process can do it. */
export interface Notes {
  /** Undefined: nothing was noted yet. */
  read(): Promise<string | undefined>;
  /** Durable. */
  write(text: string): Promise<void>;
}

export interface PausesParts {
  readonly ask: AskEngine;
  /** Those that run now: a question would start a stopped one. */
  engines(): Promise<readonly Engine[]>;
  readonly notes: Notes;
  readonly log: Log;
  /** Milliseconds between two attempts to unpause. */
  readonly pace?: number;
  /** Milliseconds for one question. */
  readonly patience?: number;
}

/** A container that we paused. */
interface Paused {
  readonly socket: string;
  readonly id: string;
  readonly name: string;
}

export interface Pauses {
  /**
   * False: somebody else has paused it, so it stays as it is. Several copies may pause the same container. Throws `failed`; it has to be
   * unpaused then, too.
   */
  pause(container: Paused): Promise<boolean>;
  /** Unpauses it when the last one is done. Throws `failed`, and tries again in the background. */
  unpause(container: Paused): Promise<void>;
  /** Resolves once what an earlier process left was tried. */
  readonly begun: Promise<void>;
  /** Ends the attempts. What is still paused is unpaused by the next process. */
  close(): Promise<void>;
}

const schema = once(() =>
  z.array(z.object({ socket: z.string(), id: z.string().check(z.regex(/^\w[\w.-]*$/)), name: z.string() })),
);

/** A container is noted before it is paused, and until it is seen to be unpaused or gone. */
export function createPauses({
  ask,
  engines,
  notes,
  log,
  pace = 10_000,
  patience = 10_000,
}: PausesParts): Pauses {
  const noted = new Map<string, Paused>();
  const users = new Map<string, number>();
  const inTurn = createMutex();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const save = () => notes.write(JSON.stringify([...noted.values()]));

  /** Whether it is unpaused now. */
  async function tryUnpause({ socket, id }: Paused): Promise<boolean> {
    if (!(await engines()).some((engine) => engine.socket === socket)) return false;
    // It fails for one that is not paused, so the state decides.
    await ask('unpause', socket, { id }, patience).catch(() => undefined);
    const found = await ask('container', socket, { id }, patience);
    return found === undefined || !found.isPaused;
  }

  async function release(container: Paused): Promise<boolean> {
    if (!(await tryUnpause(container).catch(() => false))) return false;
    noted.delete(container.id);
    await save();
    return true;
  }

  async function retry(): Promise<void> {
    for (const container of [...noted.values()]) {
      if ((users.get(container.id) ?? 0) > 0) continue;
      const isDone = await release(container);
      const about = { container: container.name, id: container.id };
      if (isDone) log.write('warn', 'container-unpaused', about);
    }
    if ([...noted.keys()].some((id) => (users.get(id) ?? 0) === 0)) later();
  }

  function later(): void {
    if (isClosed || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      void inTurn(retry).catch((error) => log.write('error', 'container-paused', { error }));
    }, pace).unref();
  }

  const begun = inTurn(async () => {
    const text = await notes.read();
    if (text === undefined) return;
    for (const one of schema().parse(JSON.parse(text))) noted.set(one.id, one);
    await retry();
  }).catch((error) => log.write('error', 'container-paused', { error }));

  return {
    begun,
    pause: (container) =>
      inTurn(async () => {
        const { id, name, socket } = container;
        const count = users.get(id) ?? 0;
        if (count === 0 && (await ask('container', socket, { id }, patience))?.isPaused) return false;
        users.set(id, count + 1);
        if (count > 0) return true;
        noted.set(id, container);
        await save();
        const error = await ask('pause', socket, { id }, patience).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        const found = await ask('container', socket, { id }, patience);
        if (found?.isPaused) return true;
        throw new VolumeError('failed', `Container ${name} could not be paused: ${wordsOf(error)}`);
      }),
    unpause: (container) =>
      inTurn(async () => {
        const { id, name } = container;
        const count = (users.get(id) ?? 1) - 1;
        users.set(id, count);
        if (count > 0 || !noted.has(id)) return;
        if (await release(container)) return;
        log.write('error', 'container-paused', { container: name, id });
        later();
        throw new VolumeError(
          'failed',
          `Container ${name} could not be unpaused, and is tried again: unpause it by hand if it has to run now.`,
        );
      }),
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await inTurn(async () => undefined);
    },
  };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : 'it does not run any more.';
}

import { setTimeout as sleep } from 'node:timers/promises';
import { VolumeError } from '../../core/volume-error.ts';
import type { AskEngine } from '../questions.ts';

/** Milliseconds that a command may take. */
const longest = 3_600_000;
/** Milliseconds for other questions. */
const patience = 10_000;
/** Milliseconds between two looks whether it has ended. */
const look = 200;

/** A command for `sh -c`. */
export interface ContainerCommand {
  /** The engine's. */
  readonly socket: string;
  /** The container. */
  readonly id: string;
  readonly name: string;
  readonly command: string;
  /** In the container; absent: that of its image. */
  readonly user?: string | undefined;
}

/** Runs it in its container, and waits for its end. Throws `failed` with what it printed last, unless it ends with exit code 0. */
export async function runInContainer(
  ask: AskEngine,
  { socket, id, name, command, user }: ContainerCommand,
): Promise<void> {
  const doing = `The command ${JSON.stringify(command)} in container ${name} failed`;
  try {
    const exec = await ask('createExec', socket, { id, command, ...(user && { user }) }, patience);
    if (exec === undefined) throw new Error('the container is gone');
    const output = (await ask('startExec', socket, { exec }, longest)) ?? '';
    for (;;) {
      const seen = await ask('exec', socket, { exec }, patience);
      if (seen === undefined) throw new Error('the engine has forgotten it');
      if (seen.exitCode === 0) return;
      if (seen.exitCode !== undefined)
        throw new Error(`exit code ${seen.exitCode}${output === '' ? '' : `: ${output}`}`);
      await sleep(look);
    }
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new VolumeError('failed', `${doing}: ${words}`, { cause: error });
  }
}

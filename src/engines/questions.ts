import type Docker from 'dockerode';
import type * as z from 'zod/mini';
import {
  containerAnswer,
  containersAnswer,
  createdExecAnswer,
  doneAnswer,
  driversAnswer,
  type EngineContainer,
  execAnswer,
  outputAnswer,
  versionAnswer,
  volumesAnswer,
} from './answers.ts';
import { askEngine } from './client.ts';
import { readOutput } from './exec-output.ts';

/** The questions to an engine, and the types of its answers. */
export interface Answers {
  readonly volumes: readonly EngineVolume[];
  /** Those in any state. */
  readonly containers: readonly EngineContainer[];
  readonly container: z.output<typeof containerAnswer>;
  readonly pause: true;
  readonly unpause: true;
  /** The ID of a command that is not started yet. */
  readonly createExec: string;
  /** Starts it, waits for its end, and has its last words. */
  readonly startExec: string;
  readonly exec: z.output<typeof execAnswer>;
  readonly version: z.output<typeof versionAnswer>;
  /** The names of the volume drivers that it has. */
  readonly drivers: z.output<typeof driversAnswer>;
}

/** The parameters of each question, besides the engine. */
export interface Subjects {
  /**
   * All of them, or those of one driver. No question asks for a volume by its name: an engine that does not know the name asks all
   * its drivers, in no particular order, and keeps the first that has it.
   */
  readonly volumes: { readonly driver?: string };
  /** All of them, or those that refer to a volume of this name, or those in these states. */
  readonly containers: { readonly volume?: string; readonly states?: readonly string[] };
  readonly container: { readonly id: string };
  readonly pause: { readonly id: string };
  readonly unpause: { readonly id: string };
  readonly createExec: { readonly id: string; readonly command: string; readonly user?: string };
  readonly startExec: { readonly exec: string };
  readonly exec: { readonly exec: string };
  readonly version: Nothing;
  readonly drivers: Nothing;
}

type Nothing = Readonly<Record<string, never>>;

interface EngineVolume {
  readonly name: string;
  readonly driver: string;
}

/**
 * Undefined: the engine has no such thing. Rejects if nobody answers within `patience` (milliseconds), and for an invalid
 * answer. Must not be called while answering a call of an engine, which may wait for us.
 */
export type AskEngine = <K extends keyof Answers>(
  kind: K,
  socket: string,
  subject: Subjects[K],
  patience: number,
) => Promise<Answers[K] | undefined>;

function containerOf(engine: Docker, id: string): Docker.Container {
  return engine.getContainer(encodeURIComponent(id));
}

type Questions = {
  readonly [K in keyof Answers]: (
    socket: string,
    subject: Subjects[K],
    patience: number,
  ) => Promise<Answers[K] | undefined>;
};

const questions: Questions = {
  volumes: (socket, { driver }, patience) => {
    const filters = driver === undefined ? {} : { filters: { driver: [driver] } };
    return askEngine(
      socket,
      (engine, how) => engine.listVolumes({ ...filters, ...how }),
      volumesAnswer,
      patience,
    );
  },
  containers: (socket, { volume, states }, patience) => {
    const filters = {
      ...(volume === undefined ? {} : { volume: [volume] }),
      ...(states === undefined ? {} : { status: [...states] }),
    };
    return askEngine(
      socket,
      (engine, how) => engine.listContainers({ all: true, filters, ...how }),
      containersAnswer,
      patience,
    );
  },
  container: (socket, { id }, patience) =>
    askEngine(socket, (engine, how) => containerOf(engine, id).inspect(how), containerAnswer, patience),
  pause: (socket, { id }, patience) =>
    askEngine(socket, (engine, how) => containerOf(engine, id).pause(how), doneAnswer, patience),
  unpause: (socket, { id }, patience) =>
    askEngine(socket, (engine, how) => containerOf(engine, id).unpause(how), doneAnswer, patience),
  createExec: (socket, { id, command, user }, patience) => {
    const asked = {
      Cmd: ['sh', '-c', command],
      AttachStdout: true,
      AttachStderr: true,
      ...(user && { User: user }),
    };
    return askEngine(
      socket,
      (engine, how) => containerOf(engine, id).exec({ ...asked, ...how }),
      createdExecAnswer,
      patience,
    );
  },
  startExec: (socket, { exec }, patience) =>
    askEngine(
      socket,
      async (engine, how) =>
        readOutput(await engine.getExec(exec).start({ Detach: false, Tty: false, ...how })),
      outputAnswer,
      patience,
    ),
  exec: (socket, { exec }, patience) =>
    askEngine(socket, (engine, how) => engine.getExec(exec).inspect(how), execAnswer, patience),
  version: (socket, _, patience) => askEngine(socket, (engine) => engine.version(), versionAnswer, patience),
  drivers: (socket, _, patience) => askEngine(socket, (engine) => engine.info(), driversAnswer, patience),
};

/** In this thread: loads dockerode, and parses the answers. */
export const askHere: AskEngine = (kind, socket, subject, patience) =>
  questions[kind](socket, subject, patience);

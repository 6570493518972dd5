import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Carrier } from './carrier.ts';
import type { PartsSettings } from './linux-parts.ts';
import type { RemoteCall } from './remote-calls.ts';
import { type RemoteAnswer, type RemoteRequest, unpackError } from './remote-protocol.ts';
import { standardSearchPath } from './run-command.ts';
import { withCode } from './system-error.ts';

export interface ProcessSettings extends PartsSettings {
  /** The compiled `remote-worker.ts`. */
  readonly worker: URL;
  /** For whoever looks at the list of processes. */
  readonly server: string;
}

/** Of threads: calls that wait for a server each hold one. */
export const poolSize = 8;
/** One that was used for long has 18 MB of its own then, and not 28. */
const nodeOptions = ['--max-semi-space-size=1'];

/** A process that makes the calls of one server. It keeps this one alive only while it is asked something. */
export function startRemoteProcess(settings: ProcessSettings): Carrier {
  const child = startChild(settings);
  const calls = new Map<number, Asked>();
  let lastId = 0;
  const ended = new Promise<void>((resolve) => {
    const end = (how: string) => {
      // First, so that whoever repeats a lost call gets a new process.
      resolve();
      for (const { lose } of calls.values()) lose(how);
    };
    child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
    child.on('error', (error) => {
      if (child.pid === undefined) end(error.message);
    });
  });
  child.on('message', (answer: RemoteAnswer) => calls.get(answer.id)?.answer(answer));
  return {
    ended,
    make: async <T>(call: RemoteCall) => {
      const id = ++lastId;
      child.channel?.ref();
      try {
        return await ask<T>(child, id, call, (asked) => calls.set(id, asked));
      } finally {
        calls.delete(id);
        if (calls.size === 0) child.channel?.unref();
      }
    },
    kill: () => kill(child),
  };
}

/** Who waits for an answer. */
interface Asked {
  readonly answer: (answer: RemoteAnswer) => void;
  /** The process ended. */
  readonly lose: (how: string) => void;
}

function startChild({
  worker,
  server,
  systemCalls,
  searchPath = standardSearchPath,
}: ProcessSettings): ChildProcess {
  const child = fork(fileURLToPath(worker), [server, systemCalls, searchPath], {
    cwd: '/',
    env: { PATH: searchPath, LC_ALL: 'C', UV_THREADPOOL_SIZE: `${poolSize}` },
    execArgv: nodeOptions,
    // A process group of its own: it is killed with the programs it runs, and hears no signal meant for us.
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    // As bytes are sent, too.
    serialization: 'advanced',
  });
  child.unref();
  child.channel?.unref();
  return child;
}

function ask<T>(
  child: ChildProcess,
  id: number,
  { name, args, signal }: RemoteCall,
  onAsked: (asked: Asked) => void,
): Promise<T> {
  // What cannot be sent is lost, which the process's end tells.
  const send = (request: RemoteRequest) => child.send(request, () => undefined);
  const abort = () => send({ kind: 'abort', id });
  const answered = new Promise<T>((resolve, reject) => {
    onAsked({
      answer: (answer) => ('error' in answer ? reject(unpackError(answer.error)) : resolve(answer.value)),
      lose: (how) => reject(lost(how, name, args)),
    });
  });
  send({ kind: 'call', id, name, args, canAbort: signal !== undefined });
  if (signal?.aborted) abort();
  else signal?.addEventListener('abort', abort);
  return answered.finally(() => signal?.removeEventListener('abort', abort));
}

/** What the call has done is unknown, as it is when the server's own answer is lost. */
function lost(how: string, name: string, args: readonly unknown[]): Error {
  return withCode('EREMOTEIO', `EREMOTEIO: the helper process has ended (${how}), ${name} '${args[0]}'`);
}

/** With all that it runs; what the kernel does not let end is left to itself. */
function kill(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended in this very moment.
  }
  if (child.connected) child.disconnect();
}

import { type ChildProcess, fork } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { RemoteManner } from '../host.ts';
import type { PartsSettings } from '../linux-parts.ts';
import { standardSearchPath } from '../run-command.ts';
import { withCode } from '../system-error.ts';
import type { CallRunner } from './call-runner.ts';
import type { RemoteCall } from './calls.ts';
import { type RemoteAnswer, type RemoteRequest, readyWord, unpackError } from './protocol.ts';

export interface ProcessSettings extends PartsSettings {
  /** The compiled `server-worker.ts`. */
  readonly worker: URL;
  /** Shown in the process list. */
  readonly server: string;
  readonly priority?: RemoteManner['priority'];
}

/** Queued calls that run at a time. Each that waits for a server occupies a thread of the pool. */
export const poolSize = 8;
/** Threads for `Remote.looks`, which find all others occupied. */
const threadsForLooks = 1;
/** Limits a long-running process to 18 MB of its own memory instead of 28. */
const nodeOptions = ['--max-semi-space-size=1'];

/** Starts a process that makes the calls of one server. It keeps this process alive only while calls are running. */
export function startRemoteProcess(settings: ProcessSettings): CallRunner {
  const child = startChild(settings);
  const calls = new Map<number, Asked>();
  let lastId = 0;
  const ended = new Promise<void>((resolve) => {
    const end = (how: string) => {
      // First, so that a retry of a lost call gets a new process.
      resolve();
      for (const { lose } of calls.values()) lose(how);
    };
    child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
    child.on('error', (error) => {
      if (child.pid === undefined) end(error.message);
    });
  });
  const ready = new Promise<void>((resolve) => {
    child.once('message', () => resolve());
    void ended.then(resolve);
  });
  child.on('message', (answer: RemoteAnswer | typeof readyWord) => {
    if (answer !== readyWord) calls.get(answer.id)?.answer(answer);
  });
  return {
    ready,
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

/** A call that waits for its answer. */
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
  priority,
}: ProcessSettings): ChildProcess {
  const child = fork(fileURLToPath(worker), [server, systemCalls, searchPath], {
    cwd: '/',
    env: { PATH: searchPath, LC_ALL: 'C', UV_THREADPOOL_SIZE: `${poolSize + threadsForLooks}` },
    execArgv: nodeOptions,
    // Its own process group: it is killed together with its programs, and does not receive signals sent to us.
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    // Needed to send bytes.
    serialization: 'advanced',
  });
  if (priority === 'low' && child.pid !== undefined) lower(child.pid);
  child.unref();
  child.channel?.unref();
  return child;
}

/**
 * The kernel derives the disk priority from it as well (ioprio_set(2)). It is a thread's own, and inherited: the first thread comes
 * first, then those that it has started before, which may be many on a busy machine.
 */
function lower(pid: number): void {
  unlessEnded(() => setPriority(pid, constants.priority.PRIORITY_LOW));
  unlessEnded(() => {
    for (const thread of readdirSync(`/proc/${pid}/task`))
      unlessEnded(() => setPriority(Number(thread), constants.priority.PRIORITY_LOW));
  });
}

function unlessEnded(change: () => void): void {
  try {
    change();
  } catch {
    // The process or thread has just ended.
  }
}

function ask<T>(
  child: ChildProcess,
  id: number,
  { signal, tell, isLook: _, ...call }: RemoteCall,
  onAsked: (asked: Asked) => void,
): Promise<T> {
  // If a message cannot be sent, the process has ended, and that rejects the call.
  const send = (request: RemoteRequest) => child.send(request, () => undefined);
  const abort = () => send({ kind: 'abort', id });
  const answered = new Promise<T>((resolve, reject) => {
    onAsked({
      answer: (answer) => {
        if ('done' in answer) tell?.(answer.done);
        else if ('error' in answer) reject(unpackError(answer.error));
        else resolve(answer.value);
      },
      lose: (how) => reject(lost(how, call)),
    });
  });
  send({ kind: 'call', id, ...call, canAbort: signal !== undefined, tells: tell !== undefined });
  if (signal?.aborted) abort();
  else signal?.addEventListener('abort', abort);
  return answered.finally(() => signal?.removeEventListener('abort', abort));
}

/** The effect of the call is unknown, as if the server's answer was lost. */
function lost(how: string, { name, args }: RemoteCall): Error {
  return withCode('EREMOTEIO', `EREMOTEIO: the helper process has ended (${how}), ${name} '${args[0]}'`);
}

/** Kills the process with all its programs. Processes that the kernel cannot end are left behind. */
function kill(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
  if (child.connected) child.disconnect();
}

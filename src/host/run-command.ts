import { type ChildProcess, spawn } from 'node:child_process';
import { VolumeError } from '../core/volume-error.ts';
import type { ProgramResult, Programs } from './host.ts';
import { packageOf } from './program-packages.ts';
import { hasCode } from './system-error.ts';

/** Of each of stdout and stderr; the rest is dropped. */
const mostOutput = 64 * 1024;
/** A killed program that is still there after this waits for a device or a server, and is left behind. */
const killGrace = 1000;
/** What a program's children keep open after its end is not waited for longer. */
const outputGrace = 200;

/**
 * A program in a process group of its own is killed with all its children, and outlives a signal meant for us; one in
 * ours ends with us when the whole group is killed, and is killed alone.
 */
export type ProgramGroup = 'own' | 'ours';

export interface RunSettings {
  readonly searchPath: string;
  readonly group?: ProgramGroup;
}

export const standardSearchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Programs see a search path and the C locale, and nothing else of our environment. */
export function createPrograms({ searchPath, group = 'own' }: RunSettings): Programs {
  return {
    run: async (program, args, signal, input = '') => {
      if (signal.aborted) throw timedOut(program);
      const child = spawn(program, args, {
        cwd: '/',
        env: { PATH: searchPath, LC_ALL: 'C' },
        detached: group === 'own',
      });
      const kill = () => (group === 'own' ? killGroup(child) : void child.kill('SIGKILL'));
      return outcome(child, { program, kill }, signal, input);
    },
  };
}

interface Running {
  readonly program: string;
  readonly kill: () => void;
}

function outcome(
  child: ChildProcess,
  { program, kill }: Running,
  signal: AbortSignal,
  input: string,
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    const settle = (done: () => void) => {
      signal.removeEventListener('abort', onAbort);
      abandon(child);
      done();
    };
    const onAbort = () => {
      kill();
      const end = () => settle(() => reject(timedOut(program, stderr())));
      const timer = setTimeout(end, killGrace);
      child.once('exit', () => clearTimeout(timer)).once('exit', end);
    };
    const onExit = (exitCode: number | null, killedBy: string | null) => {
      if (signal.aborted) return;
      // From here on its process group may hold a daemon that it started on purpose.
      signal.removeEventListener('abort', onAbort);
      const end = () =>
        settle(() =>
          resolve({ exitCode: exitCode ?? 128, stdout: stdout(), stderr: stderr() || (killedBy ?? '') }),
        );
      const timer = setTimeout(end, outputGrace);
      child.once('close', () => clearTimeout(timer)).once('close', end);
    };
    signal.addEventListener('abort', onAbort);
    child.once('error', (error) => settle(() => reject(notStarted(program, error))));
    child.once('exit', onExit);
    // A program that does not read its input is none of our errors.
    child.stdin?.on('error', () => undefined).end(input);
  });
}

function collect(stream: ChildProcess['stdout']): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream?.on('data', (chunk: Buffer) => {
    const room = chunk.subarray(0, mostOutput - size);
    size += room.length;
    if (room.length > 0) chunks.push(room);
  });
  return () => Buffer.concat(chunks).toString();
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended in this very moment.
  }
}

function abandon(child: ChildProcess): void {
  child.stdin?.destroy();
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.unref();
}

function timedOut(program: string, stderr = ''): VolumeError {
  const said = stderr.trim() === '' ? '' : ` It said: ${stderr.trim()}`;
  return new VolumeError('timeout', `${program} did not end in time, and was killed.${said}`);
}

function notStarted(program: string, error: Error): VolumeError {
  if (!hasCode(error, 'ENOENT')) {
    return new VolumeError('unavailable', `${program} could not be started: ${error.message}`, {
      cause: error,
    });
  }
  const from = packageOf(program);
  const wayOut = from ? `install the package ${from} (Debian's name)` : 'install it';
  return new VolumeError('unavailable', `${program} is not installed: ${wayOut}.`, { cause: error });
}

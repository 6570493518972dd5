import { type ChildProcess, spawn } from 'node:child_process';
import { VolumeError } from '../core/volume-error.ts';
import { emptyDirectory } from './empty-directory.ts';
import type { ProgramResult, Programs } from './host.ts';
import { packageOf } from './program-packages.ts';
import { startRunGuard } from './run-guard.ts';
import { hasCode } from './system-error.ts';

/** Bytes kept of stdout and of stderr; the rest is dropped. */
const mostOutput = 64 * 1024;
/** Milliseconds. A killed program that has not ended by then waits for a device or a server, and is left behind. */
const killGrace = 1000;
/** Milliseconds to wait, after the program's end, for output that its children keep open. */
const outputGrace = 200;

/**
 * `own`: the program has its own process group. It is killed with all its children and does not receive signals sent to us.
 * `ours`: it dies with us if our group is killed, but is itself killed without its children.
 */
export type ProgramGroup = 'own' | 'ours';

export interface RunSettings {
  readonly searchPath: string;
  readonly group?: ProgramGroup;
}

export const standardSearchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Programs get a PATH, the C locale and an empty working directory; nothing else of our environment. */
export function createPrograms({ searchPath, group = 'own' }: RunSettings): Programs {
  const cwd = emptyDirectory();
  return {
    run: async (program, args, signal, input = '', end = 'own', onLines = undefined) => {
      if (signal.aborted) throw timedOut(program);
      const guard = end === 'with-us' ? startRunGuard() : undefined;
      const child = spawn(program, args, {
        cwd,
        env: { PATH: searchPath, LC_ALL: 'C', ...guard?.env },
        detached: group === 'own',
      });
      const kill = async () => {
        if (group === 'own') killGroup(child);
        else child.kill('SIGKILL');
        await guard?.kill();
      };
      if (onLines !== undefined) countLines(child.stdout, onLines);
      return outcome(child, { program, kill, release: () => guard?.release() }, signal, input);
    },
  };
}

interface Running {
  readonly program: string;
  /** Kills the program and its children. Resolves once that was tried. */
  readonly kill: () => Promise<void>;
  /** Called when the program has ended by itself: its children stay. */
  readonly release: () => void;
}

function outcome(
  child: ChildProcess,
  { program, kill, release }: Running,
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
      const gone = new Promise<void>((done) => {
        const timer = setTimeout(done, killGrace);
        child.once('exit', () => clearTimeout(timer)).once('exit', () => done());
      });
      const end = () => settle(() => reject(timedOut(program, stderr())));
      // A retry or a cleanup must not meet processes that are still running.
      void Promise.all([gone, kill()]).then(end);
    };
    const onExit = (exitCode: number | null, killedBy: string | null) => {
      if (signal.aborted) return;
      // From here on, its process group may contain a daemon that it started on purpose.
      release();
      signal.removeEventListener('abort', onAbort);
      const end = () =>
        settle(() =>
          resolve({ exitCode: exitCode ?? 128, stdout: stdout(), stderr: stderr() || (killedBy ?? '') }),
        );
      const timer = setTimeout(end, outputGrace);
      child.once('close', () => clearTimeout(timer)).once('close', end);
    };
    signal.addEventListener('abort', onAbort);
    child.once('error', (error) => {
      release();
      settle(() => reject(notStarted(program, error)));
    });
    child.once('exit', onExit);
    // A program that does not read its input is not an error.
    child.stdin?.on('error', () => undefined).end(input);
  });
}

function countLines(stream: ChildProcess['stdout'], onLines: (count: number) => void): void {
  let count = 0;
  stream?.on('data', (chunk: Buffer) => {
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) count += 1;
    onLines(count);
  });
}

const newline = 0x0a;

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

export function killGroup(child: ChildProcess, signal: 'SIGKILL' | 'SIGINT' = 'SIGKILL'): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has just ended.
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
  return new VolumeError('timeout', `${program} did not finish in time and was killed.${said}`);
}

/** The VolumeError for a program that cannot be started. */
export function notStarted(program: string, error: Error): VolumeError {
  if (!hasCode(error, 'ENOENT')) {
    return new VolumeError('unavailable', `${program} could not be started: ${error.message}`, {
      cause: error,
    });
  }
  const from = packageOf(program);
  const wayOut = from ? `install the package ${from} (Debian's name)` : 'install it';
  return new VolumeError('unavailable', `${program} is not installed: ${wayOut}.`, { cause: error });
}

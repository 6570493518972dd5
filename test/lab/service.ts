import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { entering, type Namespace } from './namespace.ts';
import { environment } from './run.ts';

/** A long-running program of the simulated host, controlled by its process ID. */
export interface Service {
  running(): boolean;
  /** Undefined if it does not run. */
  pid(): number | undefined;
  start(program: string, args: readonly string[]): Promise<void>;
  /** Sends SIGTERM and waits; returns the exit code, or null if a signal ended it. */
  stop(): Promise<number | null>;
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>;
  /** All its output, including earlier runs. */
  log(): Promise<string>;
}

export function createService(namespace: Namespace, logFile: string): Service {
  let child: ChildProcess | undefined;
  const running = () => child !== undefined && child.exitCode === null && child.signalCode === null;
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (!child || !running()) return null;
    const ended = once(child, 'exit', { signal: AbortSignal.timeout(100_000) });
    child.kill(signal);
    await ended;
    return child.exitCode;
  };
  return {
    running,
    pid: () => (running() ? child?.pid : undefined),
    start: async (program, args) => {
      if (running()) throw new Error(`${program} runs already.`);
      child = await startLogged(namespace, logFile, program, args);
    },
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
    log: () => readFile(logFile, 'utf8').catch(() => ''),
  };
}

async function startLogged(
  namespace: Namespace,
  logFile: string,
  program: string,
  args: readonly string[],
): Promise<ChildProcess> {
  const log = await open(logFile, 'a');
  try {
    // nsenter executes the program in its own process, so the child's PID is the program's.
    return spawn('nsenter', entering(namespace.pid(), program, args), {
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
      env: environment(),
    });
  } finally {
    await log.close();
  }
}

/** The end of a log, for a failure's message. */
export async function tail(name: string, service: Service, lines: number): Promise<string> {
  const log = await service.log();
  return `\n--- the end of ${name}'s log ---\n${log.trimEnd().split('\n').slice(-lines).join('\n')}\n`;
}

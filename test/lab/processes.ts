import type { ChildProcess } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { eventually } from './eventually.ts';

export interface Process {
  readonly pid: number;
  /** Its arguments, beginning with the program's name; empty for a zombie or an ended process. */
  readonly args: readonly string[];
}

/** Every process of the machine, in all namespaces. */
export async function allProcesses(): Promise<readonly Process[]> {
  return Promise.all((await allPids()).map(async (pid) => ({ pid, args: await argumentsOf(pid) })));
}

/** Signals a process that may have ended. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // The process has ended.
  }
}

/** Kills (-9) all processes that `find` finds, until it finds none. */
export async function killUntilGone(what: string, find: () => Promise<readonly number[]>): Promise<void> {
  await eventually(`${what} is gone`, async () => {
    const rest = await find();
    for (const pid of rest) send(pid, 'SIGKILL');
    return rest.length === 0;
  });
}

/**
 * The exit code of a process that is about to end; null if a signal ended it. If it does not end, the error says what each of its
 * threads waits for, and the evidence, such as its log.
 */
export async function endOf(child: ChildProcess, evidence: () => string = () => ''): Promise<number | null> {
  await eventually(
    `process ${child.pid} has ended`,
    async () => child.exitCode !== null || child.signalCode !== null,
    { evidence: async () => `${await threadsOf(child.pid)}\n${evidence()}` },
  );
  return child.exitCode;
}

/** PIDs of the other processes in the mount namespace of this one. */
export async function neighbours(pid: number): Promise<readonly number[]> {
  const own = await readlink(`/proc/${pid}/ns/mnt`);
  const others = (await allPids()).filter((other) => other !== pid);
  const spaces = others.map(async (other) => {
    const space = await readlink(`/proc/${other}/ns/mnt`).catch(() => '');
    return space === own ? [other] : [];
  });
  return (await Promise.all(spaces)).flat();
}

async function allPids(): Promise<readonly number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
}

async function argumentsOf(pid: number): Promise<readonly string[]> {
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return line.split('\0').slice(0, -1);
}

async function threadsOf(pid: number | undefined): Promise<string> {
  const tasks = `/proc/${pid}/task`;
  const threads = await readdir(tasks).catch(() => []);
  const about = threads.map(async (thread) => {
    const read = (file: string) => readFile(`${tasks}/${thread}/${file}`, 'utf8').catch(() => '');
    const [name, status, stack] = await Promise.all([read('comm'), read('status'), read('stack')]);
    const [, state = 'ended'] = /^State:\t(.*)$/m.exec(status) ?? [];
    return `${name.trim()} ${thread}: ${state}\n${stack}`;
  });
  return (await Promise.all(about)).join('');
}

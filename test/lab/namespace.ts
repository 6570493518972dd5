import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Finished, run } from './run.ts';

/** The mount namespace of a simulated host. It has its own /run, plugin sockets and boot ID; its mounts are invisible outside. */
export interface Namespace {
  /** The process that holds the namespace. */
  pid(): number;
  /** The test process's path for a path of the host, whose /run is different. */
  path(inside: string): string;
  open(): Promise<void>;
  /** Kills every process of the host, and so removes its mounts. `keep` leaves the folder for another `open`. */
  close(folder: 'keep' | 'remove'): Promise<void>;
  /** Runs a program to its end in the namespace. */
  run(program: string, ...args: readonly string[]): Promise<Finished>;
  /** The same with this many milliseconds, for a program that takes longer than others. */
  runWithin(milliseconds: number): Namespace['run'];
}

/** Called first in a new mount namespace, so that it does not keep others' disks in use. The program follows it. */
export const forgetMounts = fileURLToPath(new URL('forget-mounts.sh', import.meta.url));

/** Arguments of unshare(1) for such a namespace. The program follows them. */
export const alone: readonly string[] = ['--mount', '--propagation', 'private', 'sh', forgetMounts];

export const holderScript = fileURLToPath(new URL('holder.sh', import.meta.url));

/** `network` is the network namespace for it, in the format of nsenter(1); default: the test process's own. */
export function createNamespace(folder: string, network?: () => string): Namespace {
  let holder: Holder | undefined;
  const pid = () => {
    if (!holder) throw new Error('The simulated host is switched off: open its namespace first.');
    return holder.pid;
  };
  return {
    pid,
    path: (inside) => `/proc/${pid()}/root${inside}`,
    async open() {
      await writeFile(`${folder}/boot-id`, `${randomUUID()}\n`);
      holder = await startHolder(folder, network?.());
    },
    async close(fate) {
      const closing = holder;
      holder = undefined;
      if (closing) await endHolder(closing, fate);
    },
    run: (program, ...args) => run('nsenter', entering(pid(), program, args)),
    runWithin:
      (within) =>
      (program, ...args) =>
        run('nsenter', entering(pid(), program, args), { within }),
  };
}

/** Arguments of nsenter(1) that start a program in the mount and the network namespace of a process. */
export function entering(pid: number, program: string, args: readonly string[]): readonly string[] {
  return [`--target=${pid}`, '--mount', '--net', '--', program, ...args];
}

interface Holder {
  readonly child: ChildProcessWithoutNullStreams;
  readonly pid: number;
}

async function startHolder(folder: string, network = '/proc/self/ns/net'): Promise<Holder> {
  // Detached: Ctrl-C must not end it, because it cleans up after Ctrl-C.
  const holder = [`--net=${network}`, '--', 'sh', holderScript, 'outside', folder];
  const child = spawn('nsenter', holder, { detached: true });
  const words: string[] = [];
  for await (const line of child.stdout.iterator({ destroyOnReturn: false })) {
    words.push(String(line));
    const ready = /^ready (\d+)$/m.exec(words.join(''));
    if (ready) return { child, pid: Number(ready[1]) };
  }
  throw new Error(`The mount namespace did not open: ${words.join('')}${String(child.stderr.read() ?? '')}`);
}

async function endHolder({ child }: Holder, fate: 'keep' | 'remove'): Promise<void> {
  if (child.exitCode !== null) throw new Error(`The namespace ended by itself with ${child.exitCode}.`);
  const ended = once(child, 'exit', { signal: AbortSignal.timeout(100_000) });
  child.stdin.end(`${fate}\n`);
  await ended;
  if (child.exitCode === 0) return;
  throw new Error(`The simulated host did not end (${child.exitCode}): ${String(child.stderr.read() ?? '')}`);
}

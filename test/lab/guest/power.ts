import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { environment } from '../run.ts';

export const holderScript = fileURLToPath(new URL('holder.sh', import.meta.url));

/** A running user-mode kernel with its processes on the machine. */
export interface Power {
  /** To the guest's /dev/ttyS0. */
  readonly serial: Socket;
  /** The process IDs on the machine. */
  processes(): Promise<readonly number[]>;
  /** Stops the kernel, or lets it continue. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Kills all its processes, and returns when none is left. */
  off(): Promise<void>;
  /** The same, and removes its folder. */
  end(): Promise<void>;
}

export interface KernelSettings {
  readonly folder: string;
  readonly memory: string;
  /** The process in whose network namespace it runs. */
  readonly network?: number | undefined;
  readonly arguments: readonly string[];
}

export async function switchOn(settings: KernelSettings): Promise<Power> {
  const network = String(settings.network ?? 'none');
  const args = [holderScript, 'outside', settings.folder, settings.memory, network, ...settings.arguments];
  // Detached: Ctrl-C must not end it, because it cleans up after Ctrl-C.
  const holder = spawn('sh', args, {
    detached: true,
    env: { ...environment(), NODE: process.execPath, PROCESSOR: String(nextProcessor()) },
    stdio: ['pipe', 'pipe', 'ignore', 'pipe'],
  });
  const serial = holder.stdio[3];
  if (!(serial instanceof Socket)) throw new Error('The holder has no serial line.');
  const first = await printed(holder, /^ready (\d+)$/m);
  const space = await readlink(`/proc/${first}/ns/pid`);
  const processes = () => processesIn(space);
  return {
    serial,
    processes,
    signal: async (signal) => {
      for (const pid of await processes()) if (!(await isTraced(pid))) send(pid, signal);
    },
    off: async () => {
      if (holder.exitCode !== null) return;
      holder.stdin?.write('off\n');
      await printed(holder, /^off$/m);
      serial.destroy();
    },
    end: async () => {
      if (holder.exitCode !== null) return;
      const ended = once(holder, 'exit', { signal: AbortSignal.timeout(100_000) });
      holder.stdin?.end();
      await ended;
      serial.destroy();
    },
  };
}

/** Guests are spread over the processors. Each of Jest's workers begins with a different one. */
let turn = Number(process.env.JEST_WORKER_ID ?? 0);
function nextProcessor(): number {
  turn += 1;
  return turn % availableParallelism();
}

async function printed(holder: ChildProcess, expected: RegExp): Promise<string> {
  const words: string[] = [];
  for await (const chunk of holder.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    words.push(String(chunk));
    const found = expected.exec(words.join(''));
    if (found) return found[1] ?? '';
  }
  throw new Error(`The guest's holder ended early: ${words.join('')}`);
}

async function processesIn(space: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const inside = async (pid: string) =>
    (await readlink(`/proc/${pid}/ns/pid`).catch(() => '')) === space ? [Number(pid)] : [];
  return (await Promise.all(pids.map(inside))).flat();
}

/** Whether it is a process of the guest, traced by its kernel. It stops with the kernel, and our signals would disturb it. */
async function isTraced(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return !/^TracerPid:\t0$/m.test(status);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended meanwhile.
  }
}

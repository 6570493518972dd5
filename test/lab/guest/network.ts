import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { environment, type Finished, output, run } from '../run.ts';
import type { GuestLink } from './guest.ts';

const holderScript = fileURLToPath(new URL('network-holder.sh', import.meta.url));

/** A network of guests in a separate network namespace, in which the test has 10.98.0.1. Guests count from 0. */
export interface GuestNetwork {
  /** The link that `createGuest` needs to put the guest into this network. */
  link(index: number): GuestLink;
  /** A partition: packets to and from the guest are lost, and it doesn't notice. */
  cut(index: number): Promise<void>;
  join(index: number): Promise<void>;
  /** Runs a program of the machine with this network; see run.ts. */
  run(program: string, ...args: readonly string[]): Promise<Finished>;
  /** Close all guests before. */
  close(): Promise<void>;
}

export async function createGuestNetwork(count: number): Promise<GuestNetwork> {
  const { holder, pid } = await startHolder(count);
  const entering = [`--target=${pid}`, '--net', '--'];
  const set = (index: number, ...change: readonly string[]) =>
    output('nsenter', [...entering, 'ip', 'link', 'set', device(index), ...change]);
  const indexes = Array.from({ length: count }, (_, index) => index);
  const hosts = indexes.map((index) => `${address(index)}=${name(index)}`).join(',');
  return {
    link: (index) => {
      if (!indexes.includes(index)) throw new Error(`The network has ${count} guests, counted from 0.`);
      return { name: name(index), address: address(index), hosts, network: pid, device: device(index) };
    },
    // The device stays up: a guest's driver does not recover from writes that fail.
    cut: async (index) => void (await set(index, 'nomaster')),
    join: async (index) => void (await set(index, 'master', 'bridge0')),
    run: (program, ...args) => run('nsenter', [...entering, program, ...args]),
    close: async () => {
      if (holder.exitCode !== null) return;
      const ended = once(holder, 'exit', { signal: AbortSignal.timeout(100_000) });
      holder.stdin.end();
      await ended;
    },
  };
}

function name(index: number): string {
  return `guest${index}`;
}

function address(index: number): string {
  return `10.98.0.${11 + index}`;
}

function device(index: number): string {
  return `tap${index}`;
}

interface Holder {
  readonly holder: ChildProcessWithoutNullStreams;
  readonly pid: number;
}

async function startHolder(count: number): Promise<Holder> {
  // Detached, like every holder: see holder.sh.
  const options = { detached: true, env: environment() };
  const holder = spawn('unshare', ['--net', 'sh', holderScript, String(count)], options);
  const words: string[] = [];
  for await (const chunk of holder.stdout.iterator({ destroyOnReturn: false })) {
    words.push(String(chunk));
    const ready = /^ready (\d+)$/m.exec(words.join(''));
    if (ready) return { holder, pid: Number(ready[1]) };
  }
  throw new Error(`The guests' network did not open: ${words.join('')}${String(holder.stderr.read() ?? '')}`);
}

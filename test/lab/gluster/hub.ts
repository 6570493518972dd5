import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../eventually.ts';
import { environment, output } from '../run.ts';
import { createPod, ip, type Pod } from './pod.ts';

/** A separate network, invisible outside, and everything on it. It ends with the test process at the latest. */
export interface Hub {
  /** A network and mount namespace on the hub, with the next free address, or that of an unplugged pod. */
  plug(again?: Pod): Promise<Pod>;
  /** Connects the test process's network namespace, once; the hub's addresses are then reachable from it. */
  reachFromHere(): Promise<void>;
  /** The test process's own address on it. */
  readonly here: string;
  /** Kills every process on the hub and every Gluster client of its addresses, and removes the folder. */
  close(): Promise<void>;
}

export const hubScript = fileURLToPath(new URL('hub.sh', import.meta.url));

const firstNumber = 11;

/** The hub owns `folder`. Its addresses begin with `prefix`, such as 10.77.3. */
export async function createHub(folder: string, prefix: string): Promise<Hub> {
  const holder = spawnScript('sh', [hubScript, 'outside', folder, prefix]);
  const pid = await readyPid(holder);
  let numbers = firstNumber;
  const here = `${prefix}.1`;
  // At most 15 characters, and unique, because the folder's name ends at random.
  const cable = `hf${basename(folder).slice(-6)}`;
  let reached: Promise<void> | undefined;
  return {
    here,
    plug: (again) => openPod(pid, again?.address ?? `${prefix}.${numbers++}`),
    reachFromHere: () => {
      reached ??= layCable(pid, cable, here);
      return reached;
    },
    close: async () => {
      await endHolder(holder);
      await eventually('the cable is gone', async () => !existsSync(`/sys/class/net/${cable}`));
    },
  };
}

async function layCable(hub: number, name: string, address: string): Promise<void> {
  await output('ip', ['link', 'add', name, 'type', 'veth', 'peer', 'name', 'here', 'netns', String(hub)]);
  await ip(hub, 'link', 'set', 'here', 'master', 'hub', 'up');
  await output('ip', ['address', 'add', `${address}/24`, 'dev', name]);
  await output('ip', ['link', 'set', name, 'up']);
}

async function openPod(hub: number, address: string): Promise<Pod> {
  const entering = [`--target=${hub}`, '--net', '--pid', '--', 'sh', hubScript, 'plug'];
  const child = spawnScript('nsenter', entering);
  const pid = await readyPid(child);
  // The pod's process ends with the hub, so this process need not wait for it.
  child.stdin.destroy();
  child.stdout.destroy();
  child.stderr.destroy();
  child.unref();
  return createPod({ hub, pid, port: `p${address.split('.').at(-1)}`, address });
}

/** Detached: Ctrl-C must not end it, because it cleans up after Ctrl-C. */
function spawnScript(program: string, args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(program, args, { detached: true, env: environment() });
}

async function readyPid(child: ChildProcessWithoutNullStreams): Promise<number> {
  const words: string[] = [];
  for await (const line of child.stdout.iterator({ destroyOnReturn: false })) {
    words.push(String(line));
    const ready = /^ready (\d+)$/m.exec(words.join(''));
    if (ready) return Number(ready[1]);
  }
  throw new Error(`The namespace did not open: ${words.join('')}${String(child.stderr.read() ?? '')}`);
}

async function endHolder(holder: ChildProcessWithoutNullStreams): Promise<void> {
  if (holder.exitCode !== null) throw new Error(`The hub ended by itself with ${holder.exitCode}.`);
  const ended = once(holder, 'exit', { signal: AbortSignal.timeout(100_000) });
  holder.stdin.end();
  await ended;
  if (holder.exitCode === 0) return;
  throw new Error(`The hub did not end (${holder.exitCode}): ${String(holder.stderr.read() ?? '')}`);
}

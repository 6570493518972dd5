import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { environment, output } from '../run.ts';
import type { Ec2Endpoint } from './endpoint.ts';
import type { Instance } from './instance.ts';
import { openRelay, type Relay } from './relay.ts';

/**
 * A network namespace of an instance's own. All that is in it is its loopback device, on which the metadata service answers
 * at its usual address, and EC2 at `ec2Url`. It ends with the test process at the latest.
 */
export interface InstanceNetwork {
  /** As nsenter(1) takes it. */
  readonly path: string;
  /** From now on nothing answers in it, and whoever asks is not told why. */
  cut(): Promise<void>;
  join(): Promise<void>;
  close(): Promise<void>;
}

const ec2Port = 4566;
export const ec2Url = `http://127.0.0.1:${ec2Port}`;

const script = `ip link set lo up && ip address add 169.254.169.254/32 dev lo && echo ready && exec cat`;

/** `servers` are URLs on 127.0.0.1 of the machine that simulates, which answer there in it as well. */
export async function openInstanceNetwork(
  { url }: Ec2Endpoint,
  { imdsUrl }: Instance,
  servers: readonly string[] = [],
): Promise<InstanceNetwork> {
  // Detached: it ends with its stdin, not by Ctrl-C.
  const holder = spawn('unshare', ['--net', 'sh', '-c', script], { detached: true, env: environment() });
  const pid = await readyPid(holder);
  const relays: readonly Relay[] = [
    await openRelay({ pid, address: '127.0.0.1', port: ec2Port }, url),
    await openRelay({ pid, address: '169.254.169.254', port: 80 }, imdsUrl),
    ...(await Promise.all(
      servers.map((server) =>
        openRelay({ pid, address: '127.0.0.1', port: Number(new URL(server).port) }, server),
      ),
    )),
  ];
  const loopback = (state: 'up' | 'down') =>
    output('nsenter', [`--target=${pid}`, '--net', '--', 'ip', 'link', 'set', 'lo', state]);
  return {
    path: `/proc/${pid}/ns/net`,
    cut: async () => void (await loopback('down')),
    join: async () => void (await loopback('up')),
    close: async () => {
      for (const relay of relays) await relay.close();
      const ended = once(holder, 'exit', { signal: AbortSignal.timeout(10_000) });
      holder.stdin.end();
      await ended;
    },
  };
}

async function readyPid(holder: ChildProcessWithoutNullStreams): Promise<number> {
  const [words] = await Promise.race([once(holder.stdout, 'data'), once(holder, 'exit')]);
  if (String(words).trim() === 'ready' && holder.pid !== undefined) return holder.pid;
  throw new Error(
    `The network namespace did not open: ${String(words)} ${String(holder.stderr.read() ?? '')}`,
  );
}

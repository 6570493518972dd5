import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { environment } from '../run.ts';

/** A network namespace with only a loopback device. It ends with the test process at the latest. */
export interface LoneNetwork {
  /** The process that holds it. */
  readonly pid: number;
  /** In the format of nsenter(1). */
  readonly path: string;
  close(): Promise<void>;
}

/** `addresses`: additional addresses of the loopback device, such as `169.254.169.254/32`. */
export async function openLoneNetwork(addresses: readonly string[] = []): Promise<LoneNetwork> {
  const added = addresses.map((address) => `ip address add ${address} dev lo && `).join('');
  const script = `ip link set lo up && ${added}echo ready && exec cat`;
  // Detached, so that it ends with its stdin and not by Ctrl-C.
  const holder = spawn('unshare', ['--net', 'sh', '-c', script], { detached: true, env: environment() });
  const pid = await readyPid(holder);
  return {
    pid,
    path: `/proc/${pid}/ns/net`,
    async close() {
      const ended = once(holder, 'exit', { signal: AbortSignal.timeout(100_000) });
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

import { spawn } from 'node:child_process';
import { killUntilGone, neighbours, send } from '../processes.ts';
import { environment, type Finished, output, run } from '../run.ts';

/** A network namespace on a hub, with a mount namespace; both are held by one sleeping process. */
export interface Pod {
  /** The network namespace, in the format of nsenter(1). */
  readonly network: string;
  readonly address: string;
  /** The test process's path for a path of the pod, whose mounts are not visible outside. */
  path(inside: string): string;
  run(program: string, ...args: readonly string[]): Promise<Finished>;
  /** Starts a program in the pod's namespaces and the hub's PID namespace, and does not wait for its end. */
  start(program: string, ...args: readonly string[]): void;
  /** Kills (-9) all processes in the pod's mount namespace, and waits for their end. */
  killAll(): Promise<void>;
  /** Disconnects it: packets are lost silently, in both directions. */
  cut(): Promise<void>;
  join(): Promise<void>;
  /** Disconnects it permanently; the namespaces end with their last process. */
  unplug(): Promise<void>;
}

export interface Plug {
  /** The processes that hold the hub and the pod. */
  readonly hub: number;
  readonly pid: number;
  /** The name of the cable's end at the hub. */
  readonly port: string;
  readonly address: string;
}

/** The pod of a process that holds its namespaces, connected to its hub. */
export async function createPod(plug: Plug): Promise<Pod> {
  await connect(plug);
  const { hub, pid, port, address } = plug;
  const entering = [`--target=${pid}`, '--mount', '--net', '--pid', '--'];
  return {
    network: `/proc/${pid}/ns/net`,
    address,
    path: (inside) => `/proc/${pid}/root${inside}`,
    run: (program, ...args) => run('nsenter', [...entering, program, ...args]),
    start: (program, ...args) => {
      const options = { stdio: 'ignore', detached: true, env: environment() } as const;
      spawn('nsenter', [...entering, program, ...args], options).unref();
    },
    killAll: () => killUntilGone('everything in the pod', () => neighbours(pid)),
    cut: () => ip(hub, 'link', 'set', port, 'down'),
    join: () => ip(hub, 'link', 'set', port, 'up'),
    unplug: async () => {
      await ip(hub, 'link', 'delete', port);
      send(pid, 'SIGKILL');
    },
  };
}

/** ip(8) in the network namespace of a process. */
export async function ip(pid: number, ...args: readonly string[]): Promise<void> {
  await output('nsenter', [`--target=${pid}`, '--net', '--', 'ip', ...args]);
}

async function connect({ hub, pid, port, address }: Plug): Promise<void> {
  await ip(hub, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid));
  await ip(hub, 'link', 'set', port, 'master', 'hub', 'up');
  await ip(pid, 'address', 'add', `${address}/24`, 'dev', 'eth0');
  await ip(pid, 'link', 'set', 'eth0', 'up');
}

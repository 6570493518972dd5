import { eventually } from '../eventually.ts';
import { busybox } from '../images.ts';
import type { PluginMachine } from '../plugin/machine.ts';

/** What a test does with a Swarm and its cluster volumes. */
export interface SwarmActs {
  /** `docker service create` with these flags, of a container that sleeps. */
  serve(name: string, ...flags: readonly string[]): Promise<string>;
  /** The nodes, those first that have a container of the service; waits until one has. */
  nodesOf(service: string): Promise<readonly PluginMachine[]>;
  /** A shell command in the service's container on the node; waits until there is one. */
  inTask(node: PluginMachine, service: string, command: string): Promise<string>;
  /** Removes the service, and waits for the end of its containers. */
  end(service: string): Promise<void>;
  /** What `docker service ps` says of its tasks. */
  tasks(service: string): Promise<string>;
  /** Waits until `docker volume ls --cluster` shows the volume with this status. */
  isShown(volume: string, status: string): Promise<void>;
  /** The ID of the node in the Swarm. */
  id(node: PluginMachine): Promise<string>;
}

/** An image of a registry that does not exist: an agent asks the registry even if the engine has the image. */
const image = '127.0.0.1:9/busybox:test';

/** For `docker service create`. */
export const serviceFlags = [
  ...['--detach', '--no-resolve-image', '--network', 'host'],
  ...['--stop-signal', 'KILL', '--restart-delay', '500ms'],
];
export const sleeper = [image, 'sleep', '100000'];

/** The image of its services. */
export async function tagSleeper({ docker }: PluginMachine): Promise<void> {
  await docker('tag', busybox, image);
}

/** The first node is the manager. */
export function swarmActs(manager: PluginMachine, ...workers: readonly PluginMachine[]): SwarmActs {
  const { docker } = manager;
  const nodes = [manager, ...workers];
  const found = (node: PluginMachine, service: string) =>
    node.docker('ps', '--quiet', '--filter', `label=com.docker.swarm.service.name=${service}`);
  const tasks = (service: string) =>
    docker('service', 'ps', '--no-trunc', '--format', '{{.CurrentState}} {{.Error}}', service);
  /** A failure names what Swarm says of the tasks. */
  const running = async <T>(service: string, probe: () => Promise<T | undefined | false>) => {
    const log = async () => `${await tasks(service)}\n${(await manager.log()).slice(-3000)}`;
    return eventually(`${service} runs`, probe, { evidence: log });
  };
  return {
    tasks,
    serve: (name, ...flags) =>
      docker('service', 'create', ...serviceFlags, '--name', name, ...flags, ...sleeper),
    nodesOf: (service) =>
      running(service, async () => {
        const containers = await Promise.all(nodes.map((node) => found(node, service)));
        const having = nodes.filter((_, index) => containers[index] !== '');
        return having.length > 0 && [...having, ...nodes.filter((node) => !having.includes(node))];
      }),
    inTask: async (node, service, command) => {
      const container = await running(service, async () => (await found(node, service)) || false);
      return node.docker('exec', container, 'sh', '-c', command);
    },
    end: async (service) => {
      await docker('service', 'rm', service);
      for (const node of nodes)
        await node.eventually('its container is gone', async () => (await found(node, service)) === '');
    },
    isShown: async (volume, status) => {
      const isShown = async () =>
        (await docker('volume', 'ls', '--cluster'))
          .split('\n')
          .some((line) => line.startsWith(`${volume} `) && line.trimEnd().endsWith(` ${status}`));
      await manager.eventually(`${volume} is ${status}`, isShown);
    },
    id: (node) => node.docker('info', '--format', '{{.Swarm.NodeID}}'),
  };
}

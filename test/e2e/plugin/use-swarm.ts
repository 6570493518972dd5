import { afterAll } from '@jest/globals';
import { fencesOf, readPage } from '../../docs/pages.ts';
import type { Cluster } from '../../lab/gluster/cluster.ts';
import { useCluster } from '../../lab/gluster/use-cluster.ts';
import { createPluginMachine, type PluginMachine } from '../../lab/plugin/machine.ts';
import { followLines } from '../../lab/plugin/readme-lines.ts';
import { output } from '../../lab/run.ts';
import { type SwarmActs, serviceFlags, sleeper, swarmActs, tagSleeper } from '../../lab/swarm/acts.ts';
import { clusterEngineParts } from '../../lab/swarm/engine.ts';
import { switchOff } from './use-plugin.ts';

/** Two nodes with engines that have cluster volumes, and the plugin `shared` on both, over one GlusterFS. */
export interface Swarm extends SwarmActs {
  readonly manager: PluginMachine;
  readonly worker: PluginMachine;
  /** The commands of the page that make a volume and a service, run on the manager. */
  followPage(): Promise<void>;
  /** Waits until the node has it mounted no more. */
  isReleased(node: PluginMachine, volume: string): Promise<void>;
  /** The plugin's name in the manager's registry. */
  readonly published: string;
  /** `holdfast` with these words, for the manager's plugin. */
  holdfast(...words: readonly string[]): Promise<string>;
}

/** It boots when a test first asks for it, because building the engine takes minutes, and needs Go. */
export function useSwarm(): () => Promise<Swarm> {
  const opened: PluginMachine[] = [];
  // Runs before the cluster's own cleanup, which must find no host.
  afterAll(async () => {
    for (const machine of opened) await switchOff(machine);
  });
  const cluster = useCluster();
  let swarm: Promise<Swarm> | undefined;
  return () => {
    swarm ??= bootSwarm(cluster(), opened);
    return swarm;
  };
}

async function bootSwarm(cluster: Cluster, opened: PluginMachine[]): Promise<Swarm> {
  const engine = await clusterEngineParts();
  const boot = async () => {
    const pod = await cluster.hub.plug();
    const machine = await createPluginMachine(pod.network, { engine });
    opened.push(machine);
    await tagSleeper(machine);
    return { machine, address: pod.address };
  };
  const { machine: manager, address } = await boot();
  const { machine: worker, address: other } = await boot();
  await manager.docker('swarm', 'init', `--advertise-addr=${address}`);
  const token = await manager.docker('swarm', 'join-token', '--quiet', 'worker');
  await worker.docker('swarm', 'join', `--advertise-addr=${other}`, '--token', token, `${address}:2377`);
  const { install, usual } = pageLines(cluster.addresses);
  for (const node of [manager, worker]) await followLines(node, node.build.base, install);
  const socket = `${manager.data}/plugins/glusterfs-cluster/admin.sock`;
  return {
    ...swarmActs(manager, worker),
    manager,
    worker,
    published: '127.0.0.1:5000/storage/holdfast-cluster:0.1.0',
    followPage: () => followLines(manager, manager.build.base, usual),
    isReleased: async (node, volume) => {
      const isGone = async () => (await node.timesMounted('shared', volume)) === 0;
      await node.eventually(`${volume} is released`, isGone);
    },
    holdfast: (...words) =>
      output(process.execPath, [`${manager.folder}/clone/dist/main.js`, ...words, '--socket', socket]),
  };
}

/** The page's own lines, with another registry, storage and image, and no wait for a service. */
function pageLines(addresses: readonly string[]): { readonly install: string; readonly usual: string } {
  const [install = 'false', usual = 'false'] = fencesOf(readPage('docs/orchestrators/swarm.md'))
    .map(({ text }) => text)
    .filter((text) => /--cluster|--scope/.test(text));
  const storage = `BACKEND=glusterfs SERVERS=${addresses.join(',')} VOLUME=gv0`;
  return {
    install: install
      .replaceAll('registry.example', '127.0.0.1:5000')
      .replace('BACKEND=nfs SERVER=nfs.example EXPORT=/srv/volumes', storage),
    usual: usual
      .replace('service create', ['service', 'create', ...serviceFlags].join(' '))
      .replace('nginx:alpine', sleeper.join(' ')),
  };
}

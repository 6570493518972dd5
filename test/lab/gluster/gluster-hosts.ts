import type { DaemonSettings } from '../daemon.ts';
import { createMachine, type Machine } from '../machine.ts';
import { fuseClientsBeside, fuseMountpointsBeside } from './fuse-clients.ts';
import type { Cluster } from './gluster-cluster.ts';
import type { Pod } from './pod.ts';

/** A simulated host on a cluster's network: what a machine is, with an address of its own. */
export interface GlusterHost extends Machine {
  readonly address: string;
  /**
   * A power failure: no byte leaves it any more, and every process of it is killed, FUSE clients too. Nothing is unmounted,
   * and no server is told. The host stays off until `reboot`, which boots a running host anew as well.
   */
  crash(): Promise<void>;
  /** Takes its network cable out: it runs on, and its servers are silent. */
  cut(): Promise<void>;
  join(): Promise<void>;
  /** PIDs of its glusterfs clients. */
  fuseClients(): Promise<readonly number[]>;
  /** What they were mounted at; a bind of that leads through them as well. */
  fuseMountpoints(): Promise<readonly string[]>;
}

/** The drivers of `settings` may name the cluster's addresses. Boot it before use, and destroy it before the cluster. */
export async function createGlusterHost(
  cluster: Cluster,
  program: string,
  settings: DaemonSettings = {},
): Promise<GlusterHost> {
  const cable = createCable(cluster, await cluster.hub.plug());
  const machine = await createMachine(program, { ...settings, network: () => cable.pod().network });
  const crash = async () => {
    await cable.pullOut();
    await machine.namespace.close('keep');
  };
  return {
    ...machine,
    address: cable.pod().address,
    crash,
    reboot: async () => {
      await crash();
      await cable.plugIn();
      await machine.reboot();
    },
    cut: () => cable.pod().cut(),
    join: () => cable.pod().join(),
    fuseClients: () => fuseClientsBeside(machine.namespace.pid()),
    fuseMountpoints: () => fuseMountpointsBeside(machine.namespace.pid()),
    destroy: async () => {
      // What removes the folder runs in the namespace, which a crashed host has no more.
      if (await cable.plugIn()) await machine.namespace.open();
      await machine.destroy();
      await cable.pullOut();
    },
  };
}

/** The host's place in the network: another namespace after each crash, and the same address. */
interface Cable {
  pod(): Pod;
  pullOut(): Promise<void>;
  /** False when it was in. */
  plugIn(): Promise<boolean>;
}

function createCable({ hub }: Cluster, first: Pod): Cable {
  let pod = first;
  let plugged = true;
  return {
    pod: () => pod,
    pullOut: async () => {
      if (plugged) await pod.unplug();
      plugged = false;
    },
    plugIn: async () => {
      if (plugged) return false;
      pod = await hub.plug(pod);
      plugged = true;
      return true;
    },
  };
}

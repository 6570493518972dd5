import type { DaemonSettings } from '../daemon.ts';
import { createPoweredHost, type PoweredHost, type Supply } from '../powered-host.ts';
import { fuseClientsBeside, fuseMountpointsBeside } from './fuse-clients.ts';
import type { Cluster } from './gluster-cluster.ts';
import type { Pod } from './pod.ts';

/** A simulated host on a cluster's network: what a machine is, with an address of its own. Its FUSE clients die in a crash, too. */
export interface GlusterHost extends PoweredHost {
  readonly address: string;
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
  const host = await createPoweredHost(cable, program, settings);
  return {
    ...host,
    address: cable.pod().address,
    cut: () => cable.pod().cut(),
    join: () => cable.pod().join(),
    fuseClients: () => fuseClientsBeside(host.namespace.pid()),
    fuseMountpoints: () => fuseMountpointsBeside(host.namespace.pid()),
  };
}

/** The host's place in the network: another namespace after each crash, and the same address. */
interface Cable extends Supply {
  pod(): Pod;
}

function createCable({ hub }: Cluster, first: Pod): Cable {
  let pod = first;
  let plugged = true;
  return {
    pod: () => pod,
    network: () => pod.network,
    off: async () => {
      if (plugged) await pod.unplug();
      plugged = false;
    },
    on: async () => {
      if (plugged) return false;
      pod = await hub.plug(pod);
      plugged = true;
      return true;
    },
  };
}

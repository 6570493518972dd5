import type { DaemonSettings } from '../daemon.ts';
import { createPoweredHost, type PoweredHost, type Supply } from '../powered-host.ts';
import type { Cluster } from './cluster.ts';
import { fuseClientsBeside, fuseMountpointsBeside } from './fuse-clients.ts';
import type { Pod } from './pod.ts';

/** A simulated host on a cluster's network, with its own address. Its FUSE clients also die in a crash. */
export interface GlusterHost extends PoweredHost {
  readonly address: string;
  /** Disconnects its network: it keeps running, but its servers do not answer. */
  cut(): Promise<void>;
  join(): Promise<void>;
  /** PIDs of its glusterfs clients. */
  fuseClients(): Promise<readonly number[]>;
  /** Their mountpoints; binds of these use them as well. */
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

/** The host's network connection: a new namespace after each crash, with the same address. */
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

import { randomInt } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHub, type Hub } from './hub.ts';
import { type Peer, startPeer } from './peer.ts';
import { formPool, healed, quickOptions, startVolume } from './volumes.ts';

/** What a suite with a cluster needs; pass it to `describeWith`. */
export const realGluster = {
  root: true,
  programs: ['glusterd', 'gluster', 'mount.glusterfs', 'ip', 'nsenter', 'unshare'],
  paths: ['/dev/fuse'],
} as const;

export interface ClusterSettings {
  /** Number of servers, default 2; each volume is replicated to all of them. */
  readonly peers?: number;
  /** Default: `gv0`. */
  readonly volumes?: readonly string[];
  /** Size of the tmpfs that all bricks of one peer share; default: `128m`. */
  readonly brickSize?: string;
  /** Seconds after which a silent brick is given up; default 3 (Gluster's own default is 42). */
  readonly pingTimeout?: number;
  /** Additional options of every volume, as for `gluster volume set`. */
  readonly options?: Readonly<Record<string, string>>;
}

/** A real replicated GlusterFS cluster on its own network. `close` ends it; so does the end of the test process. */
export interface Cluster {
  /** Contains all files of the cluster; removed at the end. */
  readonly folder: string;
  readonly hub: Hub;
  readonly volumes: readonly string[];
  /** Addresses of the peers, in order; reachable from the cluster's hosts, and after `reachFromHere` from the test process. */
  readonly addresses: readonly string[];
  readonly peers: readonly Peer[];
  /** The peer with this index. */
  peer(place: number): Peer;
  /** Connects the test process, and programs in its network namespace, to the peers; returns the peers' addresses. */
  reachFromHere(): Promise<readonly string[]>;
  /** Starts the healing of the volume, and waits until it is complete. */
  healed(volume?: string): Promise<void>;
  /** Uses all space of the bricks, so that writes to any volume fail with ENOSPC. */
  fill(): Promise<void>;
  /** Undoes `fill`. */
  drain(): Promise<void>;
  /** Also kills and unmounts clients in the test process's namespace. Leaves no process, mount, namespace or file. */
  close(): Promise<void>;
}

/** Returns when volumes can be mounted, after about 6 s. */
export async function createCluster(settings: ClusterSettings = {}): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-gluster-'));
  const hub = await createHub(folder, freePrefix());
  try {
    return await assemble(folder, hub, settings);
  } catch (failure) {
    await hub.close();
    throw failure;
  }
}

async function assemble(folder: string, hub: Hub, settings: ClusterSettings): Promise<Cluster> {
  const volumes = settings.volumes ?? ['gv0'];
  const peers = await startPeers(folder, hub, volumes, settings);
  const peer = (place: number) => {
    const found = peers[place];
    if (!found) throw new Error(`The cluster has ${peers.length} peers, and none at ${place}.`);
    return found;
  };
  await formPool(peers);
  const options = { ...quickOptions(settings.pingTimeout ?? 3), ...settings.options };
  for (const name of volumes) {
    await startVolume(peer(0), { name, bricks: peers.map((each) => each.brick(name)), options });
  }
  await Promise.all(peers.map((each) => each.online()));
  const addresses = peers.map(({ address }) => address);
  return {
    folder,
    hub,
    volumes,
    addresses,
    peers,
    peer,
    reachFromHere: async () => {
      await hub.reachFromHere();
      return addresses;
    },
    healed: (volume = volumes[0] ?? '') => healed(peer(0), volume, peers.length),
    fill: async () => void (await Promise.all(peers.map((each) => each.fillBricks()))),
    drain: async () => void (await Promise.all(peers.map((each) => each.drainBricks()))),
    close: () => hub.close(),
  };
}

function startPeers(
  folder: string,
  hub: Hub,
  volumes: readonly string[],
  { peers = 2, brickSize = '128m' }: ClusterSettings,
): Promise<readonly Peer[]> {
  const starting = Array.from({ length: peers }, async (_, place) => {
    const pod = await hub.plug();
    return startPeer({ pod, folder: `${folder}/peer-${place}`, volumes, brickSize });
  });
  return Promise.all(starting);
}

/** A network of 256 addresses in which this machine has none, because clients may be outside of the hub. */
function freePrefix(): string {
  const taken = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  for (;;) {
    // 10.64.0.0/10 is the part of the private networks that is used least.
    const prefix = `10.${64 + randomInt(64)}.${randomInt(256)}`;
    if (!taken.some(({ address }) => address.startsWith(`${prefix}.`))) return prefix;
  }
}

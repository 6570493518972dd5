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
  /** How many servers, 2 unless told; each volume is replicated to all of them. */
  readonly peers?: number;
  /** `gv0` unless told. */
  readonly volumes?: readonly string[];
  /** Of the memory that all bricks of one peer share, as tmpfs takes it: `128m` unless told. */
  readonly brickSize?: string;
  /** Seconds after which a brick that does not answer is given up, 3 unless told; Gluster's own default is 42. */
  readonly pingTimeout?: number;
  /** More options of every volume, as `gluster volume set` takes them. */
  readonly options?: Readonly<Record<string, string>>;
}

/** A real replicated GlusterFS cluster on a network of its own. `close` ends it; so does the end of the test process. */
export interface Cluster {
  /** Everything of it lies below; it is removed at the end. */
  readonly folder: string;
  readonly hub: Hub;
  readonly volumes: readonly string[];
  /** Of the peers, in their order; reached from the cluster's hosts, and after `reachFromHere` from the test process. */
  readonly addresses: readonly string[];
  readonly peers: readonly Peer[];
  /** The peer at this place of `peers`, which must be there. */
  peer(place: number): Peer;
  /** Lets the test process, and every program it starts in its own network namespace, use the volumes; the addresses. */
  reachFromHere(): Promise<readonly string[]>;
  /** Waits until no brick of the volume has anything to heal, and starts the healing itself. */
  healed(volume?: string): Promise<void>;
  /** Takes all space that the bricks have, so that no volume has any left: ENOSPC. */
  fill(): Promise<void>;
  /** Gives it back. */
  drain(): Promise<void>;
  /** Clients in the test process's namespace are killed and unmounted. No process, mount, namespace or file is left. */
  close(): Promise<void>;
}

/** Ready to be mounted when it returns, in about 6 s. */
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

/** A network of 256 addresses that this machine has no address in: clients may be outside the hub. */
function freePrefix(): string {
  const taken = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  for (;;) {
    // 10.64.0.0/10: of the private networks the part that is used least.
    const prefix = `10.${64 + randomInt(64)}.${randomInt(256)}`;
    if (!taken.some(({ address }) => address.startsWith(`${prefix}.`))) return prefix;
  }
}

import { eventually } from '../eventually.ts';
import type { Peer } from './peer.ts';

/** A volume with a replica on every peer. */
export interface VolumePlan {
  readonly name: string;
  /** One for each peer, such as 10.77.3.11:/tmp/some/brick. */
  readonly bricks: readonly string[];
  readonly options: Readonly<Record<string, string>>;
}

/** Options that make tests fast and deterministic. */
export function quickOptions(pingTimeout: number): Readonly<Record<string, string>> {
  return {
    'network.ping-timeout': String(pingTimeout),
    // Writes succeed as long as one brick is left.
    'cluster.quorum-type': 'none',
    // Gluster's minimum, in seconds.
    'cluster.heal-timeout': '5',
    // A full brick would fail its health check and exit.
    'storage.health-check-interval': '0',
  };
}

/** Creates and starts a volume. Gluster accepts `replica` only for two or more bricks. */
export async function startVolume(peer: Peer, { name, bricks, options }: VolumePlan): Promise<void> {
  const replica = bricks.length > 1 ? ['replica', String(bricks.length)] : [];
  await peer.gluster('volume', 'create', name, ...replica, ...bricks, 'force');
  await peer.gluster('volume', 'set', name, ...Object.entries(options).flat());
  await peer.gluster('volume', 'start', name);
}

/** Joins the peers, and waits until each reports all others. */
export async function formPool(peers: readonly Peer[]): Promise<void> {
  const [first, ...others] = peers;
  for (const other of others) await first?.gluster('peer', 'probe', other.address);
  for (const peer of peers) {
    const knowsAll = async () =>
      (await peer.gluster('pool', 'list')).split('\tConnected').length > peers.length;
    await eventually(`${peer.address} knows its peers`, knowsAll);
  }
}

/** Waits until each brick of the volume is connected and has nothing to heal, and starts the healing. */
export async function healed(peer: Peer, volume: string, bricks: number): Promise<void> {
  const nothingLeft = async () => {
    const info = await peer.gluster('volume', 'heal', volume, 'info');
    if (info.split('Number of entries: 0').length === bricks + 1) return true;
    // This is refused until all self-heal daemons run; the next round tries again.
    await peer.gluster('volume', 'heal', volume);
    return false;
  };
  await eventually(`${volume} is healed`, nothingLeft);
}

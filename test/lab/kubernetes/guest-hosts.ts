import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGuest, type Guest } from '../guest/guest.ts';
import { createGuestNetwork, type GuestNetwork } from '../guest/network.ts';
import { startNfsClient, startNfsServer } from '../guest/nfs-server.ts';
import { createShare } from '../guest/nfs-share.ts';
import { createNamespace } from '../namespace.ts';
import { succeeded } from '../run.ts';
import type { ClusterHosts, ControlHost } from './cluster.ts';
import { apiAddress } from './control-plane.ts';
import type { NodeHost } from './node.ts';

/** In the guests' network. */
const controlAddress = '10.98.0.1';

export interface GuestHosts extends ClusterHosts {
  /** The guest with the NFS server. */
  readonly server: Guest;
}

/**
 * Hosts with their own kernels, and an NFS server, `nfs.example`, which exports `/srv/volumes`. The control plane is in the guests' network
 * on the machine.
 */
export async function openGuestHosts(count: number): Promise<GuestHosts> {
  const network = await createGuestNetwork(count + 1);
  const guests: Guest[] = [];
  const closing: (() => Promise<void>)[] = [() => network.close()];
  const close = async () => {
    for (const guest of guests) await guest.close();
    for (const end of closing) await end();
  };
  try {
    const control = await openControl(network);
    closing.unshift(control.close);
    const boot = async (index: number) => {
      const guest = await createGuest({ link: network.link(index), memory: index === 0 ? '768M' : '3G' });
      guests.push(guest);
      return guest;
    };
    const [server, ...others] = await Promise.all(
      Array.from({ length: count + 1 }, (_, index) => boot(index)),
    );
    if (!server) throw new Error('There is no server.');
    const share = await createShare(server, { name: 'volumes' });
    await startNfsServer(server, { exports: [{ path: share.path }] });
    const hosts = await Promise.all(others.map((guest, index) => openHost(guest, index, server)));
    return { server, control, hosts, close };
  } catch (failure) {
    await close();
    throw failure;
  }
}

async function openControl(
  network: GuestNetwork,
): Promise<ControlHost & { readonly close: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-lab-'));
  const namespace = createNamespace(folder, () => `/proc/${network.link(0).network}/ns/net`);
  await namespace.open();
  const lines = `ip address add ${apiAddress}/32 dev lo`;
  succeeded('the address', await namespace.run('sh', '-c', lines));
  return { folder, namespace, address: controlAddress, close: () => namespace.close('remove') };
}

async function openHost(guest: Guest, index: number, server: Guest): Promise<NodeHost> {
  await startNfsClient(guest);
  await guest.output('sh', ['-ec', furnishing, server.address]);
  return {
    name: `node-${'abc'[index]}`,
    folder: guest.folder,
    address: guest.address,
    run: (program, ...args) => guest.run(program, args),
    service: (name) => guest.service(name),
    mountpoints: async () => {
      const table = await guest.read('/proc/1/mountinfo');
      return table
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' ')[4] ?? '');
    },
  };
}

/**
 * The kubelet wants a clock rate, and of control groups version 2: of version 1, it wants a controller that the guest's kernel lacks. Its
 * mounts, and those of its containers, are to be seen by each other.
 */
const furnishing = `
  umount /sys/fs/cgroup/* /sys/fs/cgroup
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  for place in lib/containerd lib/kubelet log; do
    mkdir -p /var/$place
    mount -t tmpfs -o size=100% tmpfs /var/$place
  done
  { cat /proc/cpuinfo; echo 'cpu MHz : 2000.000'; } > /run/cpuinfo
  mount --bind /run/cpuinfo /proc/cpuinfo
  mount --make-rshared /
  ip route add ${apiAddress} via ${controlAddress}
  echo "$0 nfs.example" >> /etc/hosts`;

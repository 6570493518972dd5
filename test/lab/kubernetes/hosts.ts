import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mountpoints } from '../kernel-view.ts';
import { createNamespace, type Namespace } from '../namespace.ts';
import { openLoneNetwork } from '../network/lone.ts';
import { output, succeeded } from '../run.ts';
import { createService } from '../service.ts';
import type { ClusterHosts } from './cluster.ts';
import { apiAddress } from './control-plane.ts';
import type { NodeHost } from './node.ts';

/** Where a host is. */
export interface HostPlace {
  /** A network with a loopback device that is up. */
  readonly network: { readonly path: string; close(): Promise<void> };
  /** Shows more in the host's namespace. */
  furnish?(namespace: Namespace): Promise<void>;
}

/** A host that has the machine's kernel. Its /var/lib and /var/log are its own. */
interface NamespaceHost extends NodeHost {
  readonly namespace: Namespace;
  /** Kills all its processes and removes its mounts. Its files stay. */
  powerOff(): Promise<void>;
  powerOn(): Promise<void>;
}

export interface NamespaceHosts extends ClusterHosts {
  readonly hosts: readonly NamespaceHost[];
}

/** Hosts with the places' networks, which reach each other. The first one has the control plane. Default: one, without a network. */
export async function openHosts(...places: readonly HostPlace[]): Promise<NamespaceHosts> {
  const all = places.length > 0 ? places : [{ network: await openLoneNetwork() }];
  const hosts: NamespaceHost[] = [];
  const close = async () => {
    for (const { powerOn, namespace } of hosts) {
      await powerOn();
      await namespace.close('remove');
    }
    for (const { network } of all) await network.close();
  };
  try {
    for (const [index, place] of all.entries()) {
      hosts.push(await openHost(place, index));
      if (index > 0) await connect(all[0]?.network.path ?? '', place.network.path, index);
    }
    const [first] = hosts;
    if (!first) throw new Error('There is no host.');
    return { hosts, control: first, close };
  } catch (failure) {
    await close();
    throw failure;
  }
}

const addressOf = (index: number) => `192.0.2.${10 + index}`;

async function openHost(place: HostPlace, index: number): Promise<NamespaceHost> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-lab-'));
  const namespace = createNamespace(folder, () => place.network.path);
  let isOn = false;
  const powerOn = async () => {
    if (isOn) return;
    await namespace.open();
    isOn = true;
    await furnish(folder, namespace);
    await place.furnish?.(namespace);
  };
  await powerOn();
  const own = index === 0 ? [addressOf(index), apiAddress] : [addressOf(index)];
  for (const address of own)
    succeeded('ip', await namespace.run('ip', 'address', 'add', `${address}/32`, 'dev', 'lo'));
  return {
    name: `node-${'abc'[index]}`,
    folder,
    address: addressOf(index),
    namespace,
    run: namespace.run,
    service: (name) => createService(namespace, `${folder}/${name}.log`),
    mountpoints: () => mountpoints(`/proc/${namespace.pid()}/mountinfo`),
    powerOn,
    powerOff: async () => {
      isOn = false;
      await namespace.close('keep');
    },
  };
}

/** A cable between two networks, over which the second one reaches the API server as well. */
async function connect(first: string, other: string, index: number): Promise<void> {
  const cable = `node${index}`;
  const ip = (network: string, ...words: readonly string[]) =>
    output('nsenter', [`--net=${network}`, '--', 'ip', ...words]);
  const holder = /^\/proc\/(\d+)\//.exec(other)?.[1] ?? '';
  await ip(first, 'link', 'add', cable, 'type', 'veth', 'peer', 'name', 'node0', 'netns', holder);
  await ip(first, 'link', 'set', cable, 'up');
  await ip(other, 'link', 'set', 'node0', 'up');
  await ip(first, 'route', 'add', addressOf(index), 'dev', cable, 'src', addressOf(0));
  for (const address of [addressOf(0), apiAddress])
    await ip(other, 'route', 'add', address, 'dev', 'node0', 'src', addressOf(index));
}

/** What the kubelet wants them to be, and would change. They are the whole machine's, so it sees others. */
const kernelSettings = { 'vm/overcommit_memory': 1, 'kernel/panic': 10, 'kernel/panic_on_oops': 1 };

/** Its own directories, and a disk for volumes whose files can share blocks. */
async function furnish(folder: string, namespace: Namespace): Promise<void> {
  const settings = Object.entries(kernelSettings).map(
    ([name, value]) =>
      `echo ${value} > ${folder}/set-${value} && mount --bind ${folder}/set-${value} /proc/sys/${name}`,
  );
  const formatted = `truncate -s 4G ${folder}/disk
mkfs.xfs -q ${folder}/disk`;
  const lines = `set -e
for place in lib log; do
  mkdir -p ${folder}/var-$place
  mount --bind ${folder}/var-$place /var/$place
done
mkdir -p /var/lib/kubelet /var/lib/holdfast
${existsSync(`${folder}/disk`) ? '' : formatted}
mount -o loop ${folder}/disk /var/lib/holdfast
${settings.join('\n')}`;
  succeeded('furnishing the host', await namespace.run('sh', '-c', lines));
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { eventually } from '../eventually.ts';
import { createNamespace, type Namespace } from '../namespace.ts';
import { openLoneNetwork } from '../network/lone.ts';
import { succeeded } from '../run.ts';
import { addresses, startControlPlane } from './control-plane.ts';
import { type Image, writeImage } from './images.ts';
import { type KubernetesNode, startNode } from './node.ts';
import type { KubernetesPrograms } from './programs.ts';

/** A simulated host that is a cluster of one node. Its /var/lib and /var/log are its own. */
export interface KubernetesCluster {
  readonly folder: string;
  readonly namespace: Namespace;
  readonly node: KubernetesNode;
  /** The trimmed output of kubectl; throws with its error. */
  kubectl(...args: readonly string[]): Promise<string>;
  /** Lines of a page, in the host's folder. */
  follow(lines: string): Promise<void>;
  /** Imports these images; nothing can be pulled. */
  importImages(images: readonly Image[]): Promise<void>;
  eventually<T>(what: string, probe: () => Promise<T | undefined | false>): Promise<T>;
  destroy(): Promise<void>;
}

/** Where the host is. */
export interface ClusterPlace {
  /** A network with a loopback device that is up. */
  readonly network: { readonly path: string; close(): Promise<void> };
  /** Shows more in the host's namespace. */
  furnish?(namespace: Namespace): Promise<void>;
}

/** Default: a network of its own. It is closed at the end. */
export async function startCluster(
  programs: KubernetesPrograms,
  place?: ClusterPlace,
): Promise<KubernetesCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-lab-'));
  const network = place?.network ?? (await openLoneNetwork());
  const namespace = createNamespace(folder, () => network.path);
  await namespace.open();
  const end = async () => {
    await namespace.close('remove');
    await network.close();
  };
  try {
    await furnish(folder, namespace);
    await place?.furnish?.(namespace);
    return await assemble(folder, namespace, programs, end);
  } catch (failure) {
    await end();
    throw failure;
  }
}

/** What the kubelet wants them to be, and would change. They are the whole machine's, so it sees others. */
const kernelSettings = { 'vm/overcommit_memory': 1, 'kernel/panic': 10, 'kernel/panic_on_oops': 1 };

/** Its own directories, and a disk for volumes whose files can share blocks. */
async function furnish(folder: string, namespace: Namespace): Promise<void> {
  const settings = Object.entries(kernelSettings).map(
    ([name, value]) =>
      `echo ${value} > ${folder}/set-${value} && mount --bind ${folder}/set-${value} /proc/sys/${name}`,
  );
  const lines = `set -e
${Object.values(addresses)
  .map((address) => `ip address add ${address}/32 dev lo`)
  .join('\n')}
for place in lib log; do
  mkdir -p ${folder}/var-$place
  mount --bind ${folder}/var-$place /var/$place
done
mkdir -p /var/lib/kubelet /var/lib/holdfast
truncate -s 4G ${folder}/disk
mkfs.xfs -q ${folder}/disk
mount -o loop ${folder}/disk /var/lib/holdfast
${settings.join('\n')}`;
  succeeded('furnishing the host', await namespace.run('sh', '-c', lines));
}

async function assemble(
  folder: string,
  namespace: Namespace,
  programs: KubernetesPrograms,
  end: () => Promise<void>,
): Promise<KubernetesCluster> {
  const kubeconfig = await startControlPlane(folder, namespace, programs);
  const client = `--kubeconfig=${kubeconfig}`;
  const kubectl = async (...args: readonly string[]) =>
    succeeded(`kubectl ${args.join(' ')}`, await namespace.run(programs.kubectl, client, ...args));
  // The kubelet's and the pods' part of it is in their events.
  const evidence = async () =>
    [await kubectl('get', 'pods', '-A'), await kubectl('get', 'events', '-A')].join('\n');
  const node = await startNode(folder, namespace, programs, kubeconfig);
  await node.startKubelet();
  return {
    folder,
    namespace,
    node,
    kubectl,
    eventually: (what, probe) => eventually(what, probe, { evidence }),
    async follow(lines) {
      const variables = `PATH=${dirname(programs.kubectl)}:$PATH KUBECONFIG=${kubeconfig}`;
      const script = `cd ${folder} && export ${variables} && ${lines}`;
      succeeded(lines, await namespace.run('sh', '-c', script));
    },
    async importImages(images) {
      for (const image of images) {
        const file = `${folder}/image.tar`;
        await writeImage(file, image);
        await node.importImage(file);
        await rm(file);
      }
    },
    destroy: end,
  };
}

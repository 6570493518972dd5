import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { eventually } from '../eventually.ts';
import type { Namespace } from '../namespace.ts';
import { succeeded } from '../run.ts';
import { tail } from '../service.ts';
import { startControlPlane } from './control-plane.ts';
import { type Image, writeImage } from './images.ts';
import { type KubernetesNode, type NodeHost, startNode } from './node.ts';
import type { KubernetesPrograms } from './programs.ts';

/** A control plane and its nodes. */
export interface KubernetesCluster {
  /** The control plane is on the host with it. */
  readonly folder: string;
  readonly namespace: Namespace;
  /** The first node. */
  readonly node: KubernetesNode;
  readonly nodes: readonly KubernetesNode[];
  /** The trimmed output of kubectl; throws with its error. */
  kubectl(...args: readonly string[]): Promise<string>;
  /** Lines of a page, in the folder. */
  follow(lines: string): Promise<void>;
  /** Imports these images on all nodes; nothing can be pulled. */
  importImages(images: readonly Image[]): Promise<void>;
  eventually<T>(what: string, probe: () => Promise<T | undefined | false>): Promise<T>;
  destroy(): Promise<void>;
}

/** The hosts of a cluster, which are open. */
export interface ClusterHosts {
  readonly control: ControlHost;
  readonly hosts: readonly NodeHost[];
  close(): Promise<void>;
}

/** The host with the control plane, which may be a node as well. */
export interface ControlHost {
  readonly folder: string;
  readonly namespace: Namespace;
  readonly address: string;
}

export async function startCluster(
  programs: KubernetesPrograms,
  place: ClusterHosts,
): Promise<KubernetesCluster> {
  try {
    return await assemble(programs, place);
  } catch (failure) {
    await place.close();
    throw failure;
  }
}

async function assemble(
  programs: KubernetesPrograms,
  { control, hosts, close }: ClusterHosts,
): Promise<KubernetesCluster> {
  const { folder, namespace } = control;
  const access = await startControlPlane(control, programs);
  const client = `--kubeconfig=${folder}/kubeconfig`;
  const kubectl = async (...args: readonly string[]) =>
    succeeded(`kubectl ${args.join(' ')}`, await namespace.run(programs.kubectl, client, ...args));
  const nodes = await Promise.all(hosts.map((host) => startNode(host, programs, access)));
  const [node] = nodes;
  if (!node) throw new Error('The cluster has no node.');
  const wait: KubernetesCluster['eventually'] = (what, probe) =>
    eventually(what, probe, { evidence: () => evidenceOf(kubectl, nodes) });
  await wait('all nodes are ready', async () => {
    const ready = (await kubectl('get', 'nodes')).match(/ Ready /g);
    return ready?.length === nodes.length;
  });
  return {
    folder,
    namespace,
    node,
    nodes,
    kubectl,
    eventually: wait,
    async follow(lines) {
      const variables = `PATH=${dirname(programs.kubectl)}:$PATH KUBECONFIG=${folder}/kubeconfig`;
      const script = `cd ${folder} && export ${variables} && ${lines}`;
      succeeded(lines, await namespace.run('sh', '-c', script));
    },
    async importImages(images) {
      for (const { host, importImage } of nodes)
        for (const image of images) {
          const file = `${host.folder}/image.tar`;
          await writeImage(file, image);
          await importImage(file);
          await rm(file);
        }
    },
    destroy: close,
  };
}

/** What the kubelets and the pods tell is in their events. */
async function evidenceOf(
  kubectl: KubernetesCluster['kubectl'],
  nodes: readonly KubernetesNode[],
): Promise<string> {
  const ofHoldfast = ['--namespace=holdfast', '--selector=app', '--container=holdfast', '--prefix'];
  const looks = [
    kubectl('get', 'pods', '-A', '--output=wide'),
    kubectl('get', 'events', '-A', '--field-selector=type=Warning'),
    kubectl('logs', ...ofHoldfast, '--tail=40'),
    ...nodes.map(({ host, kubelet }) => tail(`the kubelet of ${host.name}`, kubelet, 8)),
  ];
  return (await Promise.allSettled(looks)).map((look) => ('value' in look ? look.value : '')).join('\n');
}

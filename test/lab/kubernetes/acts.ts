import { writeFile } from 'node:fs/promises';
import { processesOf } from '../kernel-view.ts';
import { allProcesses } from '../processes.ts';
import type { KubernetesCluster } from './cluster.ts';
import type { KubernetesNode } from './node.ts';

/** For the pods of tests. */
export const podImage = 'registry.example/busybox:test';

interface ClaimSource {
  readonly kind: 'PersistentVolumeClaim' | 'VolumeSnapshot';
  readonly name: string;
}

interface ClaimWish {
  readonly from?: ClaimSource;
  readonly access?: 'ReadWriteOnce' | 'ReadWriteMany' | 'ReadWriteOncePod';
  /** A class of volume attributes. */
  readonly attributes?: string;
}

interface PodWish {
  /** A shell command; default: it sleeps. */
  readonly command?: string;
  /** Its only node. */
  readonly on?: KubernetesNode | undefined;
}

/** What a test does with a cluster. */
export interface KubernetesActs extends NodeActs {
  /** With another node than the first one. */
  on(node: KubernetesNode | undefined): NodeActs;
  apply(manifest: object): Promise<void>;
  claim(name: string, storageClassName: string, wish?: ClaimWish): Promise<void>;
  /** A pod with the claim at /d. Returns once it runs. */
  pod(name: string, claim: string, wish?: PodWish): Promise<void>;
  /** The same, but returns at once. */
  schedule(name: string, claim: string, wish?: PodWish): Promise<void>;
  /** A shell command in a pod. */
  inPod(name: string, command: string): Promise<string>;
  /** Asks for a larger size, such as `2Gi`, and waits until the claim has it. */
  grow(claim: string, storage: string): Promise<void>;
  /** Deletes it, and waits until it is gone. */
  remove(kind: string, ...names: readonly string[]): Promise<void>;
  /** A field of an object; empty if it has none. */
  field(kind: string, name: string, path: string): Promise<string>;
  /** Makes one of a claim, and waits until it is ready. */
  snapshot(name: string, volumeSnapshotClassName: string, claim: string): Promise<void>;
}

/** What a test does with a node. */
interface NodeActs {
  /** `holdfast` in the node part. */
  holdfast(...words: readonly string[]): Promise<string>;
  /** The process of the node part's daemon; waits for it. */
  daemon(): Promise<number>;
  /** The log of the node part's daemon since it started. */
  log(): Promise<string>;
  /** Where the volume is mounted on the node. */
  mountsOf(volume: string): Promise<readonly string[]>;
  /** Waits until the volume is mounted nowhere on the node. */
  isReleased(volume: string): Promise<void>;
}

export function kubernetesActs(cluster: KubernetesCluster): KubernetesActs {
  const { folder, kubectl, eventually } = cluster;
  const apply = async (manifest: object) => {
    await writeFile(`${folder}/applied.json`, JSON.stringify(manifest));
    await kubectl('apply', '-f', `${folder}/applied.json`);
  };
  const field: KubernetesActs['field'] = (kind, name, path) =>
    kubectl('get', kind, name, `--output=jsonpath={${path}}`);
  const schedule: KubernetesActs['schedule'] = (name, claim, wish = {}) => apply(podOf(name, claim, wish));
  return {
    ...nodeActs(cluster, cluster.node),
    on: (node = cluster.node) => nodeActs(cluster, node),
    apply,
    field,
    schedule,
    claim: (name, storageClassName, wish = {}) => apply(claimOf(name, storageClassName, wish)),
    async pod(name, claim, wish) {
      await schedule(name, claim, wish);
      await eventually(`${name} runs`, async () => (await field('pod', name, '.status.phase')) === 'Running');
    },
    inPod: (name, command) => kubectl('exec', name, '--', 'sh', '-c', command),
    async grow(claim, storage) {
      const wanted = { spec: { resources: { requests: { storage } } } };
      await kubectl('patch', 'pvc', claim, `--patch=${JSON.stringify(wanted)}`);
      const has = () => field('pvc', claim, '.status.capacity.storage');
      await eventually(`${claim} has ${storage}`, async () => (await has()) === storage);
    },
    remove: async (kind, ...names) => void (await kubectl('delete', kind, ...names, '--timeout=100s')),
    async snapshot(name, volumeSnapshotClassName, persistentVolumeClaimName) {
      await apply({
        apiVersion: 'snapshot.storage.k8s.io/v1',
        kind: 'VolumeSnapshot',
        metadata: { name },
        spec: { volumeSnapshotClassName, source: { persistentVolumeClaimName } },
      });
      const isReady = async () => (await field('volumesnapshot', name, '.status.readyToUse')) === 'true';
      await eventually(`${name} is ready`, isReady);
    },
  };
}

function nodeActs({ kubectl, eventually }: KubernetesCluster, { host }: KubernetesNode): NodeActs {
  const inNamespace = '--namespace=holdfast';
  const nodePart = async () => {
    const which = ['--selector=app=holdfast-node', `--field-selector=spec.nodeName=${host.name}`];
    const pod = await kubectl('get', 'pods', inNamespace, ...which, '--output=name');
    return [inNamespace, pod, '--container=holdfast'];
  };
  const mountsOf = async (volume: string) =>
    (await host.mountpoints()).filter((point) => point.includes(volume));
  return {
    mountsOf,
    holdfast: async (...words) =>
      kubectl('exec', ...(await nodePart()), '--', 'node', '/opt/holdfast/dist/main.js', ...words),
    daemon: () => eventually('the daemon runs', async () => (await daemons(host.folder))[0]),
    log: async () => kubectl('logs', ...(await nodePart())),
    isReleased: async (volume) => {
      await eventually(`${volume} is released`, async () => (await mountsOf(volume)).length === 0);
    },
  };
}

/** PIDs of daemons of the host that has this folder. */
async function daemons(folder: string): Promise<readonly number[]> {
  const ofHost = await processesOf(folder);
  const serving = (await allProcesses()).filter(({ args }) => args[2] === 'serve');
  return serving.map(({ pid }) => pid).filter((pid) => ofHost.includes(pid));
}

function claimOf(
  name: string,
  storageClassName: string,
  { from: dataSource, access = 'ReadWriteOnce', attributes }: ClaimWish,
): object {
  const apiGroup = dataSource?.kind === 'VolumeSnapshot' ? { apiGroup: 'snapshot.storage.k8s.io' } : {};
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: {
      storageClassName,
      accessModes: [access],
      resources: { requests: { storage: '400Mi' } },
      ...(attributes && { volumeAttributesClassName: attributes }),
      ...(dataSource && { dataSource: { ...dataSource, ...apiGroup } }),
    },
  };
}

/** Its host's network is the only one. A pod without privileges needs seccomp, which this runc lacks: see programs.ts. */
function podOf(name: string, claimName: string, { command = 'sleep 1000000', on }: PodWish): object {
  const container = {
    name: 'main',
    image: podImage,
    command: ['sh', '-c', command],
    securityContext: { privileged: true },
    volumeMounts: [{ name: 'data', mountPath: '/d' }],
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      hostNetwork: true,
      ...(on && { nodeSelector: { 'kubernetes.io/hostname': on.host.name } }),
      terminationGracePeriodSeconds: 0,
      containers: [container],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }],
    },
  };
}

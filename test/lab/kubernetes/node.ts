import { mkdir, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { eventually } from '../eventually.ts';
import { type Finished, succeeded } from '../run.ts';
import { type Service, tail } from '../service.ts';
import type { KubernetesPrograms } from './programs.ts';

/** The name of the first node. */
export const nodeName = 'node-a';
export const pauseImage = 'registry.example/pause:test';

/** A simulated host, of which the cluster makes a node. */
export interface NodeHost {
  readonly name: string;
  /** On the machine's disk, at the same path on both. */
  readonly folder: string;
  readonly address: string;
  run(program: string, ...args: readonly string[]): Promise<Finished>;
  /** A long-running program of the host, not started yet. */
  service(name: string): Service;
  mountpoints(): Promise<readonly string[]>;
}

/** The kubelet of a simulated host, and the containerd that runs its containers. They end with the host. */
export interface KubernetesNode {
  readonly host: NodeHost;
  readonly kubelet: Service;
  /** containerd and kubelet, such as after the host's reboot. */
  start(): Promise<void>;
  startKubelet(): Promise<void>;
  /** Imports an image of images.ts. */
  importImage(file: string): Promise<void>;
}

const socket = '/run/containerd/containerd.sock';

/** `access` is the text of its kubeconfig. */
export async function startNode(
  host: NodeHost,
  programs: KubernetesPrograms,
  access: string,
): Promise<KubernetesNode> {
  const { folder } = host;
  const containerd = host.service('containerd');
  const kubelet = host.service('kubelet');
  await mkdir(`${folder}/cni`);
  // Pods have the network of their host, but the kubelet wants some network to exist.
  const network = { cniVersion: '1.0.0', name: 'none', plugins: [{ type: 'none' }] };
  await writeFile(`${folder}/cni/none.conflist`, JSON.stringify(network));
  await writeFile(`${folder}/containerd.toml`, containerdSettings(host, programs));
  await writeFile(`${folder}/kubelet.json`, JSON.stringify(kubeletSettings(folder)));
  await writeFile(`${folder}/kubelet.kubeconfig`, access);
  const ctr = async (...args: readonly string[]) =>
    succeeded('ctr', await host.run(programs.ctr, '--address', socket, '--namespace=k8s.io', ...args));
  const startKubelet = () =>
    kubelet.start(programs.kubelet, [
      `--config=${folder}/kubelet.json`,
      `--kubeconfig=${folder}/kubelet.kubeconfig`,
      `--hostname-override=${host.name}`,
      `--node-ip=${host.address}`,
      `--cert-dir=${folder}/kubelet-certificates`,
    ]);
  const start = async () => {
    // Pods with the network of their host have its name, by which sidecars know who has a lease.
    const named = ['--uts', 'sh', '-c', 'hostname "$0" && exec "$@"', host.name];
    const own = ['env', `TMPDIR=${folder}`, programs.containerd, '--config', `${folder}/containerd.toml`];
    await containerd.start('unshare', [...named, ...own]);
    await eventually('containerd answers', () => ctr('version'), {
      evidence: () => tail('containerd', containerd, 20),
    });
    await startKubelet();
  };
  await start();
  return {
    host,
    kubelet,
    start,
    startKubelet,
    importImage: async (file) => void (await ctr('images', 'import', file)),
  };
}

/** Without CAP_SYS_RESOURCE, no process gets a lower score than its parent's. */
function containerdSettings({ folder }: NodeHost, { shim, runc }: KubernetesPrograms): string {
  return `
version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
  address = "${socket}"
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = "${pauseImage}"
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    conf_dir = "${folder}/cni"
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    runtime_path = "${shim}"
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
      BinaryName = "${runc}"
      SystemdCgroup = false
`;
}

function kubeletSettings(folder: string): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    containerRuntimeEndpoint: `unix://${socket}`,
    // Only the control groups of its containers.
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    cgroupRoot: `/${basename(folder)}`,
    oomScoreAdj: 0,
    failSwapOn: false,
    evictionHard: {},
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    podLogsDir: '/var/log/pods',
    resolvConf: '',
    volumeStatsAggPeriod: '5s',
  };
}

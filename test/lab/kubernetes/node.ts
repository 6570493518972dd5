import { mkdir, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { eventually } from '../eventually.ts';
import type { Namespace } from '../namespace.ts';
import { succeeded } from '../run.ts';
import { createService, type Service, tail } from '../service.ts';
import { addresses } from './control-plane.ts';
import type { KubernetesPrograms } from './programs.ts';

export const nodeName = 'node-a';
export const pauseImage = 'registry.example/pause:test';

/** The kubelet of a simulated host, and the containerd that runs its containers. They end with the host. */
export interface KubernetesNode {
  readonly kubelet: Service;
  startKubelet(): Promise<void>;
  /** Imports an image of images.ts. */
  importImage(file: string): Promise<void>;
}

const socket = '/run/containerd/containerd.sock';

export async function startNode(
  folder: string,
  namespace: Namespace,
  programs: KubernetesPrograms,
  kubeconfig: string,
): Promise<KubernetesNode> {
  const containerd = createService(namespace, `${folder}/containerd.log`);
  const kubelet = createService(namespace, `${folder}/kubelet.log`);
  await mkdir(`${folder}/cni`);
  // Pods have the network of their host, but the kubelet wants some network to exist.
  const network = { cniVersion: '1.0.0', name: 'none', plugins: [{ type: 'none' }] };
  await writeFile(`${folder}/cni/none.conflist`, JSON.stringify(network));
  await writeFile(`${folder}/containerd.toml`, containerdSettings(folder, programs));
  const own = [`TMPDIR=${folder}`, programs.containerd, '--config', `${folder}/containerd.toml`];
  await containerd.start('env', own);
  const ctr = async (...args: readonly string[]) =>
    succeeded('ctr', await namespace.run(programs.ctr, '--address', socket, '--namespace=k8s.io', ...args));
  await eventually('containerd answers', () => ctr('version'), {
    evidence: () => tail('containerd', containerd, 20),
  });
  await writeFile(`${folder}/kubelet.json`, JSON.stringify(kubeletSettings(folder)));
  return {
    kubelet,
    startKubelet: () =>
      kubelet.start(programs.kubelet, [
        `--config=${folder}/kubelet.json`,
        `--kubeconfig=${kubeconfig}`,
        `--hostname-override=${nodeName}`,
        `--node-ip=${addresses.host}`,
        `--cert-dir=${folder}/kubelet-certificates`,
      ]),
    importImage: async (file) => void (await ctr('images', 'import', file)),
  };
}

/** Without CAP_SYS_RESOURCE, no process gets a lower score than its parent's. */
function containerdSettings(folder: string, { shim, runc }: KubernetesPrograms): string {
  return `
version = 3
root = "${folder}/containerd"
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
    podLogsDir: `${folder}/pod-logs`,
    resolvConf: '',
    volumeStatsAggPeriod: '5s',
  };
}

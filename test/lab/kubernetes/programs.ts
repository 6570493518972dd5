import { builtDaemon } from '../built-daemon.ts';
import { type GoProgram, goModule, goProgram } from '../go-program.ts';

/** What the page and the manifests name. */
export const versions = {
  kubernetes: 'v1.37.2',
  containerd: 'v2.4.2',
  provisioner: 'v6.4.0',
  snapshotter: 'v8.7.0',
  attacher: 'v4.13.0',
  resizer: 'v2.3.0',
} as const;

function ofKubernetes(program: string): GoProgram {
  const version = versions.kubernetes;
  const [major, minor] = version.slice(1).split('.');
  const told = { Version: version, Major: major, Minor: minor };
  const ldflags = Object.entries(told)
    .map(([name, value]) => `-X k8s.io/component-base/version.git${name}=${value}`)
    .join(' ');
  // The modules of its repository have this version where they are published.
  const replaced = version.replace('v1', 'v0');
  return goProgram(`k8s.io/kubernetes/cmd/${program}`, version, {
    module: 'k8s.io/kubernetes',
    replaced,
    ldflags,
  });
}

/** Other modules of its repository have its version. */
function ofSidecar(module: string, program: string, version: string): GoProgram {
  const path = `github.com/kubernetes-csi/${module}`;
  return goProgram(`${path}/cmd/${program}`, version, { module: path, replaced: version });
}

/** Debian's is too old for this kubelet. */
const ofContainerd = (program: string) =>
  goProgram(`github.com/containerd/containerd/v2/cmd/${program}`, versions.containerd);

/** The first one that is built, for tests to register with. */
export const apiServer = ofKubernetes('kube-apiserver');

export type KubernetesPrograms = Awaited<ReturnType<typeof kubernetesPrograms>>;

/** Paths of all that makes a cluster of one node. The first time takes long. */
export async function kubernetesPrograms() {
  // It may install node_modules again, where the programs are kept.
  await builtDaemon();
  const snapshotter = 'external-snapshotter/v8';
  const crds = await goModule(
    `github.com/kubernetes-csi/external-snapshotter/client/v8`,
    versions.snapshotter,
  );
  return {
    apiServer: await apiServer.built(),
    controllers: await ofKubernetes('kube-controller-manager').built(),
    scheduler: await ofKubernetes('kube-scheduler').built(),
    kubelet: await ofKubernetes('kubelet').built(),
    kubectl: await ofKubernetes('kubectl').built(),
    etcd: await goProgram('go.etcd.io/etcd/server/v3', 'v3.7.3', {
      name: 'etcd',
      module: 'go.etcd.io/etcd/server/v3',
    }).built(),
    containerd: await ofContainerd('containerd').built(),
    shim: await ofContainerd('containerd-shim-runc-v2').built(),
    ctr: await ofContainerd('ctr').built(),
    // Without seccomp, whose library it would need.
    runc: await goProgram('github.com/opencontainers/runc', 'v1.5.3', { cgo: true }).built(),
    provisioner: await ofSidecar('external-provisioner/v6', 'csi-provisioner', versions.provisioner).built(),
    snapshotter: await ofSidecar(snapshotter, 'csi-snapshotter', versions.snapshotter).built(),
    attacher: await ofSidecar('external-attacher/v4', 'csi-attacher', versions.attacher).built(),
    resizer: await ofSidecar('external-resizer/v2', 'csi-resizer', versions.resizer).built(),
    snapshotController: await ofSidecar(snapshotter, 'snapshot-controller', versions.snapshotter).built(),
    snapshotDefinitions: `${crds}/config/crd`,
  };
}

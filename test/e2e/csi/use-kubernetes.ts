import { cp, readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { afterAll } from '@jest/globals';
import { fencesOf, project, readPage } from '../../docs/pages.ts';
import { eventually } from '../../lab/eventually.ts';
import { copyProgram } from '../../lab/holdfast-image.ts';
import { makeImages } from '../../lab/images.ts';
import { viewOutside } from '../../lab/kernel-view.ts';
import { type KubernetesActs, kubernetesActs, podImage } from '../../lab/kubernetes/acts.ts';
import { type ClusterHosts, type KubernetesCluster, startCluster } from '../../lab/kubernetes/cluster.ts';
import { openHosts } from '../../lab/kubernetes/hosts.ts';
import { type Image, programImage } from '../../lab/kubernetes/images.ts';
import { pauseImage } from '../../lab/kubernetes/node.ts';
import { apiServer, type KubernetesPrograms, kubernetesPrograms } from '../../lab/kubernetes/programs.ts';
import { makeImageRoot } from '../../lab/plugin/folder.ts';
import { output } from '../../lab/run.ts';
import { createService } from '../../lab/service.ts';

export interface KubernetesSettings {
  /** The folder of the manifests. */
  readonly manifests: 'local' | 'ebs' | 'nfs';
  /** Where the cluster is; default: one host, without a network. */
  readonly place?: () => Promise<ClusterHosts>;
  /** What a user changes in a file of the manifests, by its path in them. */
  readonly changes?: Readonly<Record<string, (text: string) => string>>;
}

export type KubernetesLab = KubernetesCluster & KubernetesActs;
export type TestKubernetes = (title: string, work: (it: KubernetesLab) => Promise<void>) => void;

/**
 * What registers the tests of a suite with a cluster. It starts with the first of them, because building it takes long, and needs Go.
 */
export function useKubernetes(settings: KubernetesSettings): TestKubernetes {
  let opened: KubernetesCluster | undefined;
  let cluster: Promise<KubernetesCluster> | undefined;
  afterAll(async () => {
    if (!opened) return;
    const { nodes } = opened;
    await opened.destroy();
    for (const { host } of nodes)
      await eventually(
        'nothing outlives the node',
        async () => (await viewOutside(host.folder)).length === 0,
      );
  });
  const start = async () => {
    const programs = await kubernetesPrograms();
    opened = await startCluster(programs, await (settings.place ?? openHosts)());
    await install(opened, programs, settings);
    return opened;
  };
  return (title, work) => {
    const onCluster = async () => {
      cluster ??= start();
      const started = await cluster;
      await work({ ...started, ...kubernetesActs(started) });
    };
    apiServer.test(title, onCluster, 900_000);
  };
}

/** The snapshot controller and its definitions, as its project says, and then the line of the page. */
async function install(
  cluster: KubernetesCluster,
  programs: KubernetesPrograms,
  { manifests, changes = {} }: KubernetesSettings,
): Promise<void> {
  const { folder, kubectl } = cluster;
  await cp(`${project}/deploy`, `${folder}/deploy`, { recursive: true });
  for (const [path, change] of Object.entries(changes)) {
    const file = `${folder}/deploy/kubernetes/${path}`;
    await writeFile(file, change(await readFile(file, 'utf8')));
  }
  const made = await kubectl('kustomize', `${folder}/deploy/kubernetes/${manifests}`);
  const names = [...new Set([...made.matchAll(/ image: (\S+)/g)].map(([, name = '']) => name))];
  await makeImages(folder);
  await cluster.importImages([
    { names: [podImage, pauseImage], root: `${folder}/image`, entrypoint: ['/bin/sleep', '2147483647'] },
    ...(await Promise.all(names.map((name) => imageOf(folder, name, programs)))),
  ]);
  if (made.includes('/csi-snapshotter:')) await startSnapshotController(cluster, programs);
  await cluster.follow(pageLine('kubectl apply').replace('kubernetes/nfs', `kubernetes/${manifests}`));
}

/** The line of the page that begins so. */
export function pageLine(beginning: string): string {
  const found = fencesOf(readPage('docs/orchestrators/kubernetes.md')).find(({ text }) =>
    text.startsWith(beginning),
  );
  if (found === undefined) throw new Error(`The page has no line that begins with ${beginning}.`);
  return found.text.trim();
}

async function startSnapshotController(
  { folder, namespace, kubectl }: KubernetesCluster,
  programs: KubernetesPrograms,
): Promise<void> {
  await kubectl('apply', '-k', programs.snapshotDefinitions);
  const controller = createService(namespace, `${folder}/snapshot-controller.log`);
  await controller.start(programs.snapshotController, [
    `--kubeconfig=${folder}/kubeconfig`,
    '--enable-distributed-snapshotting',
  ]);
}

/** With a name that the manifests have. */
async function imageOf(folder: string, name: string, programs: KubernetesPrograms): Promise<Image> {
  const program = basename(name).replace(/:.*/, '');
  if (program === 'csi-node-driver-registrar') return registrarImage(folder, name);
  if (program !== 'holdfast') return programImage(folder, name, sidecar(programs, program));
  const root = `${folder}/holdfast-image`;
  await makeImageRoot(root);
  return { names: [name], root, entrypoint: ['node', '/opt/holdfast/dist/main.js'] };
}

function sidecar(programs: KubernetesPrograms, name: string): string {
  const found = Object.values(programs).find((path) => basename(path) === name);
  if (found === undefined) throw new Error(`The manifests have an image ${name}, which is not built here.`);
  return found;
}

/** registrar.ts in one file, with Node. */
async function registrarImage(folder: string, name: string): Promise<Image> {
  const root = `${folder}/registrar-image`;
  await copyProgram(root, process.execPath, '/usr/bin/node');
  const flags = ['--bundle', '--platform=node', `--outfile=${root}/registrar.js`];
  const source = `${project}/test/lab/kubernetes/registrar.ts`;
  await output(`${project}/node_modules/.bin/esbuild`, [source, ...flags]);
  return { names: [name], root, entrypoint: ['node', '/registrar.js'] };
}

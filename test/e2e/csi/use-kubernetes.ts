import { afterAll } from '@jest/globals';
import { fencesOf, project, readPage } from '../../docs/pages.ts';
import { eventually } from '../../lab/eventually.ts';
import { copyProgram } from '../../lab/holdfast-image.ts';
import { makeImages } from '../../lab/images.ts';
import { viewOutside } from '../../lab/kernel-view.ts';
import { podImage } from '../../lab/kubernetes/acts.ts';
import { type KubernetesCluster, startCluster } from '../../lab/kubernetes/cluster.ts';
import { type Image, programImage } from '../../lab/kubernetes/images.ts';
import { pauseImage } from '../../lab/kubernetes/node.ts';
import { type KubernetesPrograms, kubernetesPrograms } from '../../lab/kubernetes/programs.ts';
import { makeImageRoot } from '../../lab/plugin/folder.ts';
import { output } from '../../lab/run.ts';
import { createService } from '../../lab/service.ts';

/** It starts when a test first asks for it, because building it takes long, and needs Go. */
export function useKubernetes(): () => Promise<KubernetesCluster> {
  let opened: KubernetesCluster | undefined;
  let cluster: Promise<KubernetesCluster> | undefined;
  afterAll(async () => {
    if (!opened) return;
    const { folder } = opened;
    await opened.destroy();
    await eventually('nothing outlives the cluster', async () => (await viewOutside(folder)).length === 0);
  });
  const start = async () => {
    const programs = await kubernetesPrograms();
    opened = await startCluster(programs);
    await install(opened, programs);
    return opened;
  };
  return () => {
    cluster ??= start();
    return cluster;
  };
}

/** The snapshot controller and its definitions, as its project says, and then the line of the page. */
async function install(cluster: KubernetesCluster, programs: KubernetesPrograms): Promise<void> {
  await cluster.importImages(await makeOurImages(cluster, programs));
  await cluster.kubectl('apply', '-k', programs.snapshotDefinitions);
  const controller = createService(cluster.namespace, `${cluster.folder}/snapshot-controller.log`);
  await controller.start(programs.snapshotController, [
    `--kubeconfig=${cluster.folder}/kubeconfig`,
    '--enable-distributed-snapshotting',
  ]);
  const [line = 'false'] = fencesOf(readPage('docs/orchestrators/kubernetes.md')).map(({ text }) => text);
  await cluster.follow(line.replace('kubernetes/nfs', 'kubernetes/local'));
}

/** With the names that the manifests have. */
async function makeOurImages(
  { folder, kubectl }: KubernetesCluster,
  programs: KubernetesPrograms,
): Promise<readonly Image[]> {
  const manifests = await kubectl('kustomize', `${project}/deploy/kubernetes/local`);
  const names = [...manifests.matchAll(/ image: (\S+)/g)].map(([, name = '']) => name);
  const nameOf = (image: string) => {
    const found = names.find((name) => name.includes(`/${image}:`));
    if (found === undefined) throw new Error(`The manifests have no image ${image}.`);
    return found;
  };
  await makeImages(folder);
  const busybox = { names: [podImage, pauseImage], root: `${folder}/image` };
  const holdfast = { names: [nameOf('holdfast')], root: `${folder}/holdfast-image` };
  await makeImageRoot(holdfast.root);
  return [
    { ...busybox, entrypoint: ['/bin/sleep', '2147483647'] },
    { ...holdfast, entrypoint: ['node', '/opt/holdfast/dist/main.js'] },
    await registrarImage(folder, nameOf('csi-node-driver-registrar')),
    await programImage(folder, nameOf('csi-provisioner'), programs.provisioner),
    await programImage(folder, nameOf('csi-snapshotter'), programs.snapshotter),
  ];
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

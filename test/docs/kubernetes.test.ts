import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { backends } from '../../src/backends/index.ts';
import { versions } from '../lab/kubernetes/programs.ts';
import { loadText } from './page-drivers.ts';
import { project } from './pages.ts';

const folder = join(project, 'deploy/kubernetes');
const overlays = ['nfs', 'local', 'ebs'] as const;

// biome-ignore lint/suspicious/noExplicitAny: manifests as they come
type Manifest = any;

const text = (...names: readonly string[]) => readFileSync(join(folder, ...names), 'utf8');

/** All that a folder's kustomization names, and that of the folders that it names. */
function manifestsOf(name: string): readonly Manifest[] {
  const { resources }: { resources: readonly string[] } = parse(text(name, 'kustomization.yaml'));
  return resources.flatMap((resource) =>
    resource.startsWith('../')
      ? manifestsOf(basename(resource))
      : parseAllDocuments(text(name, resource)).map((document) => document.toJS()),
  );
}

/** JSON patches of `path: …` with `add` and `replace`, as Kustomize applies them. */
function patched(name: string): readonly Manifest[] {
  const manifests = structuredClone(manifestsOf(name));
  const { patches }: Manifest = parse(text(name, 'kustomization.yaml'));
  for (const { path, target } of patches) {
    const manifest = manifests.find(
      ({ kind, metadata }) => kind === target.kind && metadata.name === target.name,
    );
    for (const { op, path: at, value } of parse(text(name, path))) {
      const steps: string[] = at.split('/').slice(1);
      const last = steps.pop() ?? '';
      const parent = steps.reduce((node, step) => node[step], manifest);
      if (op === 'replace') expect(parent[last]).toBeDefined();
      if (last === '-') parent.push(value);
      else parent[last] = value;
    }
  }
  return manifests;
}

const workloads = (manifests: readonly Manifest[]) =>
  manifests.filter(({ kind }) => ['DaemonSet', 'Deployment'].includes(kind));

test.each([...overlays, 'base'])('every file of %s is named by its kustomization', (name) => {
  const {
    resources,
    patches = [],
    configMapGenerator = [],
  }: Manifest = parse(text(name, 'kustomization.yaml'));
  const named = [
    'kustomization.yaml',
    ...resources.filter((resource: string) => !resource.startsWith('../')),
    ...patches.map(({ path }: Manifest) => path),
    ...configMapGenerator.flatMap(({ files }: Manifest) => files),
  ];
  expect(readdirSync(join(folder, name)).sort()).toEqual(named.sort());
});

describe.each(overlays)('the manifests for %s', (name) => {
  const manifests = patched(name);
  const one = (kind: string) => manifests.find((manifest) => manifest.kind === kind);

  test('have a kind, a version and a name of their own each', () => {
    const names = manifests.map(({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.name}`);
    expect(new Set(names).size).toBe(manifests.length);
    expect(names.join()).not.toContain('undefined');
  });

  test('have a configuration that Holdfast accepts, of the plugin that all of them name', async () => {
    const loaded = await loadText(text(name, 'config.yaml'));
    if (loaded.kind !== 'usable') throw new Error('It is not usable.');
    const csi = [...loaded.configuration.drivers.values()][0]?.csi;
    expect(csi?.endpoint).toBe('/csi/csi.sock');
    const plugin = csi?.name;
    expect(one('CSIDriver').metadata.name).toBe(plugin);
    expect(one('CSIDriver').spec.attachRequired).toBe(name === 'ebs');
    expect(one('StorageClass').provisioner).toBe(plugin);
    expect(one('VolumeSnapshotClass')?.driver ?? plugin).toBe(plugin);
    const pod = one('DaemonSet').spec.template.spec;
    const registrar = pod.containers.find((container: Manifest) => container.name === 'registrar');
    const directory = `/var/lib/kubelet/plugins/${plugin}`;
    expect(registrar.args).toContain(`--kubelet-registration-path=${directory}/csi.sock`);
    const endpoint = pod.volumes.find((volume: Manifest) => volume.name === 'endpoint');
    expect(endpoint.hostPath.path).toBe(directory);
  });

  test('have a storage class whose parameters the backend accepts', async () => {
    const loaded = await loadText(text(name, 'config.yaml'));
    if (loaded.kind !== 'usable') throw new Error('It is not usable.');
    const [driver] = loaded.configuration.drivers.values();
    const definition = await backends[driver?.backend ?? '']?.();
    expect(definition?.name).toBe(driver?.backend);
    definition?.checkOptions(one('StorageClass').parameters);
  });

  test('mount what they declare, and run as a service account that exists', () => {
    for (const { spec } of workloads(manifests)) {
      const { containers, volumes, serviceAccountName } = spec.template.spec;
      expect(spec.template.metadata.labels).toEqual(spec.selector.matchLabels);
      expect(one('ServiceAccount').metadata.name).toBe(serviceAccountName);
      const declared = volumes.map((volume: Manifest) => volume.name).sort();
      const used = containers.flatMap((container: Manifest) =>
        container.volumeMounts.map((mount: Manifest) => mount.name),
      );
      expect([...new Set(used)].sort()).toEqual(declared);
      const names = containers.map((container: Manifest) => container.name);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  test('keep nothing of the daemon in a directory that every user may write to, as that of an emptyDir', () => {
    for (const { spec } of workloads(manifests)) {
      const { containers, volumes } = spec.template.spec;
      const open = volumes.filter(({ emptyDir }: Manifest) => emptyDir).map(({ name }: Manifest) => name);
      const daemon = containers.find(({ name }: Manifest) => name === 'holdfast');
      const mounted = daemon.volumeMounts.map(({ name }: Manifest) => name);
      expect(open.filter((each: string) => each !== 'endpoint' && mounted.includes(each))).toEqual([]);
    }
  });

  test('have each controller on a node of its own, if it has the name of the node', () => {
    for (const { spec } of workloads(manifests)) {
      const { hostNetwork, affinity } = spec.template.spec;
      if (hostNetwork !== true || spec.replicas === undefined) continue;
      const [{ labelSelector, topologyKey }] =
        affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution;
      expect({ ...labelSelector, topologyKey }).toEqual({
        ...spec.selector,
        topologyKey: 'kubernetes.io/hostname',
      });
      // Otherwise the new ones would wait for the nodes of the old ones.
      expect(spec.strategy.rollingUpdate).toEqual({ maxSurge: 0, maxUnavailable: 1 });
    }
  });

  test('mount a share from the address of their host: behind a NAT, an NFS server may refuse the port', () => {
    const mounting = workloads(manifests).filter(({ kind }) => kind === 'DaemonSet' || name === 'nfs');
    for (const { spec } of mounting) expect(spec.template.spec.hostNetwork).toBe(true);
  });

  test('have the sidecars that a real Kubernetes ran', () => {
    const images: readonly string[] = workloads(manifests).flatMap(({ spec }) =>
      spec.template.spec.containers.map(({ image }: Manifest) => image),
    );
    const ran = {
      'csi-provisioner': versions.provisioner,
      'csi-snapshotter': versions.snapshotter,
      'csi-attacher': versions.attacher,
      'csi-resizer': versions.resizer,
    };
    for (const [name, version] of Object.entries(ran)) {
      const wanted = `registry.k8s.io/sig-storage/${name}:${version}`;
      for (const image of images.filter((image) => image.includes(name))) expect(image).toBe(wanted);
    }
    expect(images.join()).toContain('csi-provisioner');
  });

  test('tell the scheduler the free space, where a node can be full', () => {
    const provisioners = workloads(manifests).flatMap(({ spec }) =>
      spec.template.spec.containers.filter((container: Manifest) => container.name === 'provisioner'),
    );
    const told = provisioners.map(({ args, env = [] }: Manifest) => [
      args.includes('--enable-capacity'),
      ...env.map((variable: Manifest) => variable.name),
    ]);
    const isLocal = name === 'local';
    expect(told).toEqual([isLocal ? [true, 'NODE_NAME', 'NAMESPACE', 'POD_NAME'] : [false]]);
    expect(one('CSIDriver').spec.storageCapacity).toBe(isLocal || undefined);
    const rights = JSON.stringify(manifests.filter(({ kind }) => kind === 'Role'));
    expect(rights).toContain('csistoragecapacities');
  });

  test('start a daemon again that hangs, by a command that there is', async () => {
    const [daemon] = one('DaemonSet').spec.template.spec.containers;
    const [node, program, ...words] = daemon.livenessProbe.exec.command;
    expect([node, program]).toEqual(['node', '/opt/holdfast/dist/main.js']);
    expect(readFileSync(join(project, 'docs/reference/cli.md'), 'utf8')).toContain(
      `### holdfast ${words.join(' ')}\n`,
    );
    expect(daemon.livenessProbe.timeoutSeconds).toBeGreaterThan(10);
  });

  test('have mounts that reach the node, and stay there when the pod ends', async () => {
    const loaded = await loadText(text(name, 'config.yaml'));
    if (loaded.kind !== 'usable') throw new Error('It is not usable.');
    const { mountRoot, stateDir } = loaded.configuration;
    const [{ volumeMounts }] = one('DaemonSet').spec.template.spec.containers;
    // A mount of its own: the daemon would cut one that it makes by itself off the node.
    const around = volumeMounts.filter(({ mountPath }: Manifest) =>
      `${mountRoot}/`.startsWith(`${mountPath}/`),
    );
    expect(around).toEqual([{ name: 'mounts', mountPath: mountRoot, mountPropagation: 'Bidirectional' }]);
    expect(volumeMounts).toContainEqual({ name: 'state', mountPath: stateDir });
    const { volumes } = one('DaemonSet').spec.template.spec;
    for (const [volume, path] of [
      ['mounts', mountRoot],
      ['state', stateDir],
    ])
      expect(volumes).toContainEqual({ name: volume, hostPath: { path, type: 'DirectoryOrCreate' } });
    const [driver] = loaded.configuration.drivers.values();
    if (driver?.backend === 'local')
      expect(volumeMounts).toContainEqual({ name: 'data', mountPath: '/var/lib/holdfast/volumes' });
  });

  test('have the parts of the plugin once: a controller for each provisioner, and a node for each kubelet', () => {
    const modeOf = ({ env = [] }: Manifest) =>
      env.find((variable: Manifest) => variable.name === 'HOLDFAST_DRIVERS_VOLUMES_CSI_MODE')?.value ?? 'all';
    for (const { spec } of workloads(manifests)) {
      const { containers } = spec.template.spec;
      const has = (sidecar: string) => containers.some((container: Manifest) => container.name === sidecar);
      const mode = modeOf(containers.find((container: Manifest) => container.name === 'holdfast'));
      expect([mode !== 'node', mode !== 'controller']).toEqual([has('provisioner'), has('registrar')]);
      expect(has('attacher')).toBe(mode !== 'node' && one('CSIDriver').spec.attachRequired);
    }
  });
});

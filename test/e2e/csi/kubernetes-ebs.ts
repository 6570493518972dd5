import type { Instance } from '../../lab/ec2/cloud/instance.ts';
import { showDevices } from '../../lab/ec2/ebs-host.ts';
import type { Ec2Endpoint } from '../../lab/ec2/endpoint.ts';
import { ec2Url, openInstanceNetwork } from '../../lab/ec2/instance-network.ts';
import { type NamespaceHosts, openHosts } from '../../lab/kubernetes/hosts.ts';
import { output } from '../../lab/run.ts';

/** What EBS volumes of a Kubernetes need; pass it to `describeWith`. */
export const ebsParts = {
  root: true,
  programs: ['busybox', 'gcc', 'ldd', 'ip', 'losetup', 'mkfs.xfs', 'openssl'],
  paths: ['/dev/loop-control'],
} as const;

/** Instances as hosts of a cluster. */
export interface EbsHosts extends NamespaceHosts {
  readonly instances: readonly Instance[];
}

export async function openInstances(ec2: Ec2Endpoint, count: number): Promise<EbsHosts> {
  const instances: Instance[] = [];
  for (let index = 0; index < count; index++) {
    const instance = await ec2.addInstance({ type: 'm5.large' });
    instances.push(instance);
    // The kubelet reads it.
    await output('cp', ['-a', '/dev/kmsg', `${instance.folder}/dev/`]);
  }
  const places = instances.map(async (instance) => ({
    network: await openInstanceNetwork(ec2, instance),
    furnish: (namespace: Parameters<typeof showDevices>[0]) => showDevices(namespace, instance),
  }));
  return { ...(await openHosts(...(await Promise.all(places)))), instances };
}

/** Changes to the manifests: the endpoint, and that instances have files for their devices, which a pod shares only by a mount. */
export const ebsChanges = {
  'ebs/config.yaml': (text: string) =>
    text.replace('backend: ebs', `backend: ebs\n    settings: { endpoint: "${ec2Url}", onRemove: delete }`),
  'base/node.yaml': (text: string) => withFolders(text, ['/sys/block', '/sys/dev/block']),
} as const;

/** The node part with more folders of its host. */
function withFolders(manifest: string, paths: readonly string[]): string {
  const mount = '            - { name: devices, mountPath: /dev }\n';
  const volume = '        - name: devices\n          hostPath: { path: /dev, type: Directory }\n';
  const more = paths.map((path) => ({ path, name: path.slice(1).replaceAll('/', '-') }));
  const mounts = more.map(({ path, name }) => `            - { name: ${name}, mountPath: ${path} }\n`);
  const volumes = more.map(
    ({ path, name }) => `        - name: ${name}\n          hostPath: { path: ${path} }\n`,
  );
  return manifest
    .replace(mount, () => [mount, ...mounts].join(''))
    .replace(volume, () => [volume, ...volumes].join(''));
}

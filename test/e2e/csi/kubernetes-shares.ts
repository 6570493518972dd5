import { expect } from '@jest/globals';
import { type KubernetesLab, pageLine, type TestKubernetes } from './use-kubernetes.ts';

const usual = 'holdfast-nfs';
/** Counts for as long as it runs. */
export const counting = 'while true; do echo x >> /d/count; sync; sleep 0.1; done';

/** What is the same for every kind of share. */
export function testShares(testKubernetes: TestKubernetes): void {
  testKubernetes('make a volume that two pods write at once, on every node, and grow it', async (it) => {
    await it.claim('data', usual, { access: 'ReadWriteMany' });
    for (const node of it.nodes) await it.pod(`on-${node.host.name}`, 'data', { on: node });
    await it.pod('one-more', 'data');
    for (const node of it.nodes) await it.inPod(`on-${node.host.name}`, `hostname >> /d/file; sync`);
    await it.eventually('the other pod reads all lines', async () => {
      const lines = (await it.inPod('one-more', 'cat /d/file')).split('\n');
      return lines.length === it.nodes.length;
    });
    await it.grow('data', '2Gi');
    const volume = await it.field('pvc', 'data', '.spec.volumeName');
    await it.inPod('one-more', 'echo kept > /d/file; sync');
    await it.remove('pod', 'one-more', ...it.nodes.map(({ host }) => `on-${host.name}`));
    for (const node of it.nodes) await it.on(node).isReleased(volume);
    for (const node of it.nodes) {
      await it.pod('later', 'data', { on: node });
      expect(await it.inPod('later', 'cat /d/file')).toBe('kept');
      await it.remove('pod', 'later');
    }
    await it.remove('pvc', 'data');
    await isRemoved(it);
    await it.eventually('it is in the trash', async () =>
      (await it.holdfast('volume', 'ls', '--removed')).includes(volume),
    );
  });
}

/** The last one of a suite. */
export function testRemoval(testKubernetes: TestKubernetes, manifests: string): void {
  testKubernetes('are removed as the page says, and leave no object, process or mount', async (it) => {
    await it.follow(pageLine('kubectl delete').replace('kubernetes/nfs', `kubernetes/${manifests}`));
    const objects = ['pods,daemonsets,deployments,csidrivers,storageclasses', '--all-namespaces'];
    expect(await it.kubectl('get', ...objects, '--output=name')).toBe('');
    expect(await it.kubectl('get', 'namespaces', '--output=name')).not.toContain('holdfast');
    for (const { host } of it.nodes) {
      await it.eventually('the kubelet forgets it', async () => {
        const drivers = await it.field('csinode', host.name, '.spec.drivers');
        return ['', '[]', 'null'].includes(drivers);
      });
      await it.eventually('nothing is mounted', async () => {
        const left = (await host.mountpoints()).filter((path) => path.startsWith('/var/lib/holdfast/'));
        if (left.length === 0) return true;
        throw new Error(left.join(', '));
      });
    }
  });
}

export async function isRemoved(it: KubernetesLab): Promise<void> {
  await it.eventually('it is removed', async () => (await it.kubectl('get', 'pv', '--output=name')) === '');
}

import { expect } from '@jest/globals';
import { realGuest } from '../../lab/guest/guest.ts';
import { nfsPrograms } from '../../lab/guest/nfs-server.ts';
import { openGuestHosts } from '../../lab/kubernetes/guest-hosts.ts';
import { describeWith } from '../../lab/requirements.ts';
import { counting, isRemoved, testRemoval, testShares } from './kubernetes-shares.ts';
import { useKubernetes } from './use-kubernetes.ts';

const parts = {
  ...realGuest,
  programs: [...realGuest.programs, ...nfsPrograms, 'gcc', 'ldd', 'mount.nfs', 'openssl'],
} as const;

describeWith(parts, 'the manifests for NFS, unchanged, in a Kubernetes whose node has its own kernel', () => {
  const testKubernetes = useKubernetes({ manifests: 'nfs', place: () => openGuestHosts(1) });

  testShares(testKubernetes);

  testKubernetes('keep a pod writing while the node part is replaced', async (it) => {
    await it.claim('lasting', 'holdfast-nfs');
    await it.pod('lasting', 'lasting', { command: counting });
    const count = async () => Number(await it.inPod('lasting', 'wc -l < /d/count'));
    const which = ['--namespace=holdfast', '--selector=app=holdfast-node', '--timeout=100s'];
    await it.kubectl('delete', 'pod', ...which);
    const before = await count();
    await it.eventually('it still writes', async () => (await count()) > before);
    await it.pod('second', 'lasting');
    expect(Number(await it.inPod('second', 'wc -l < /d/count'))).toBeGreaterThan(before);
    const volume = await it.field('pvc', 'lasting', '.spec.volumeName');
    await it.remove('pod', 'lasting', 'second');
    // The kubelet unmounts after the end of a pod, and only while the node part is there.
    await it.isReleased(volume);
    await it.remove('pvc', 'lasting');
    await isRemoved(it);
  });

  testRemoval(testKubernetes, 'nfs');
});

import { expect } from '@jest/globals';
import { realGluster } from '../../lab/gluster/cluster.ts';
import { useCluster } from '../../lab/gluster/use-cluster.ts';
import { openHosts } from '../../lab/kubernetes/hosts.ts';
import { describeWith } from '../../lab/requirements.ts';
import { isRemoved, testRemoval, testShares } from './kubernetes-shares.ts';
import { useKubernetes } from './use-kubernetes.ts';

const parts = {
  ...realGluster,
  programs: [...realGluster.programs, 'busybox', 'gcc', 'ldd', 'mkfs.xfs', 'openssl'],
} as const;

describeWith(parts, 'the manifests for shares, with GlusterFS, in a Kubernetes of two nodes', () => {
  const testKubernetes = useKubernetes({
    manifests: 'nfs',
    place: async () => {
      const pods = [await gluster().hub.plug(), await gluster().hub.plug()];
      return openHosts(...pods.map(({ network, unplug }) => ({ network: { path: network, close: unplug } })));
    },
    changes: {
      'nfs/config.yaml': (text) =>
        text
          .replace('backend: nfs', 'backend: glusterfs')
          .replace(/settings: .*/, `settings: { servers: [${gluster().addresses.join(', ')}], volume: gv0 }`),
    },
  });
  // It is closed after the cluster.
  const gluster = useCluster();

  testShares(testKubernetes);

  testKubernetes(
    'have to be mounted again by pods after the node part ended, because the client is its process',
    async (it) => {
      await it.claim('lasting', 'holdfast-nfs');
      await it.pod('lasting', 'lasting', { on: it.node });
      await it.inPod('lasting', 'echo kept > /d/file');
      const which = ['--namespace=holdfast', '--selector=app=holdfast-node', '--timeout=100s'];
      await it.kubectl('delete', 'pod', ...which);
      await it.eventually('the running pod has lost it', async () =>
        (await it.inPod('lasting', 'cat /d/file 2>&1; true')).includes('not connected'),
      );
      await it.pod('second', 'lasting', { on: it.node });
      expect(await it.inPod('second', 'cat /d/file')).toBe('kept');
      const volume = await it.field('pvc', 'lasting', '.spec.volumeName');
      await it.remove('pod', 'second', 'lasting');
      await it.isReleased(volume);
      await it.remove('pvc', 'lasting');
      await isRemoved(it);
    },
  );

  testRemoval(testKubernetes, 'nfs');
});

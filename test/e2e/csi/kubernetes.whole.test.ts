import { expect } from '@jest/globals';
import { nodeName } from '../../lab/kubernetes/node.ts';
import { describeWith } from '../../lab/requirements.ts';
import { counting } from './kubernetes-shares.ts';
import { useKubernetes } from './use-kubernetes.ts';

const parts = { root: true, programs: ['busybox', 'gcc', 'ldd', 'mkfs.xfs', 'openssl'] } as const;

const plugin = 'local.csi.example.com';
const usual = 'holdfast-local';

describeWith(parts, 'local volumes of a Kubernetes of one node', () => {
  const testKubernetes = useKubernetes({ manifests: 'local' });

  testKubernetes('its node part is registered with the kubelet', async ({ kubectl, eventually }) => {
    const driver = await eventually(
      'it is registered',
      async () =>
        (await kubectl('get', 'csinode', nodeName, '--output=jsonpath={.spec.drivers[*]}')) || false,
    );
    expect(JSON.parse(driver)).toEqual({
      name: plugin,
      nodeID: nodeName,
      topologyKeys: [`${plugin}/host`],
    });
    expect(await kubectl('get', 'csidriver', plugin)).toContain('Persistent');
  });

  testKubernetes('are made with their first pod, kept for the next, and go to the trash', async (it) => {
    await it.claim('data', usual);
    await it.eventually('it waits', async () =>
      (await it.kubectl('describe', 'pvc', 'data')).includes('WaitForFirstConsumer'),
    );
    await it.pod('writer', 'data');
    await it.inPod('writer', 'echo kept > /d/file');
    await it.remove('pod', 'writer');
    const volume = await it.field('pvc', 'data', '.spec.volumeName');
    await it.isReleased(volume);
    await it.pod('reader', 'data');
    expect(await it.inPod('reader', 'cat /d/file')).toBe('kept');
    await it.remove('pod', 'reader');
    await it.remove('pvc', 'data');
    await it.eventually('it is removed', async () => (await it.kubectl('get', 'pv', '--output=name')) === '');
    expect(await it.holdfast('volume', 'ls', '--quiet')).not.toContain(volume);
    expect(await it.holdfast('volume', 'ls', '--removed')).toContain(volume);
  });

  testKubernetes('have their size and use in the summary of the kubelet', async (it) => {
    await it.claim('sized', usual);
    await it.pod('filler', 'sized', {
      command: 'dd if=/dev/zero of=/d/file bs=1M count=64; sync; sleep 1000000',
    });
    const figures = await it.eventually('they are measured', async () => {
      const { pods } = JSON.parse(
        await it.kubectl('get', '--raw', `/api/v1/nodes/${nodeName}/proxy/stats/summary`),
      );
      const [pod] = pods.filter(({ podRef }: { podRef: { name: string } }) => podRef.name === 'filler');
      const volume = pod?.volume?.find(({ name }: { name: string }) => name === 'data');
      return volume?.usedBytes > 64 * 2 ** 20 && volume;
    });
    expect(figures.pvcRef.name).toBe('sized');
    expect(figures.capacityBytes).toBeGreaterThan(300 * 2 ** 20);
    expect(figures.capacityBytes).toBeLessThanOrEqual(400 * 2 ** 20);
    await it.remove('pod', 'filler');
    await it.remove('pvc', 'sized');
  });

  testKubernetes('are restored from a snapshot and cloned, while a pod writes', async (it) => {
    await it.claim('source', usual);
    await it.pod('source', 'source', { command: `echo first > /d/file; sync; ${counting}` });
    await it.eventually('it writes', async () => (await it.inPod('source', 'cat /d/file')) === 'first');
    await it.snapshot('before', usual, 'source');
    await it.inPod('source', 'echo second > /d/file; sync');
    await it.claim('restored', usual, { from: { kind: 'VolumeSnapshot', name: 'before' } });
    await it.pod('restored', 'restored');
    expect(await it.inPod('restored', 'cat /d/file')).toBe('first');
    await it.claim('cloned', usual, { from: { kind: 'PersistentVolumeClaim', name: 'source' } });
    await it.pod('cloned', 'cloned');
    expect(await it.inPod('cloned', 'cat /d/file')).toBe('second');
    const names = ['source', 'restored', 'cloned'];
    await it.remove('pod', ...names);
    await it.remove('pvc', ...names);
    // A volume is removed after its snapshots.
    await it.eventually('the source waits', async () =>
      (await it.kubectl('describe', 'pv')).includes('has snapshots'),
    );
    await it.remove('volumesnapshot', 'before');
    await it.eventually(
      'all are removed',
      async () => (await it.kubectl('get', 'pv', '--output=name')) === '',
    );
    expect(await it.kubectl('get', 'volumesnapshotcontent', '--output=name')).toBe('');
  });

  testKubernetes('stay while the node part is killed, replaced, or the kubelet restarts', async (it) => {
    await it.claim('lasting', usual);
    await it.pod('lasting', 'lasting', { command: counting });
    const volume = await it.field('pvc', 'lasting', '.spec.volumeName');
    const count = async () => Number(await it.inPod('lasting', 'wc -l < /d/count'));
    const isWriting = async () => {
      const before = await it.eventually('it writes', count);
      await it.eventually('it still writes', async () => (await count()) > before);
    };
    const isUsable = async (name: string) => {
      await it.pod(name, 'lasting');
      expect(Number(await it.inPod(name, 'wc -l < /d/count'))).toBeGreaterThan(0);
      await it.remove('pod', name);
    };
    await isWriting();
    const killed = await it.daemon();
    process.kill(killed, 'SIGKILL');
    await it.eventually('another one runs', async () => (await it.daemon()) !== killed);
    await isWriting();
    await isUsable('after-kill');
    await it.kubectl('delete', 'pod', '--namespace=holdfast', '--selector=app=holdfast-node');
    expect(await it.mountsOf(volume)).toContain(`/var/lib/holdfast/mnt/volumes/${volume}`);
    await isWriting();
    await isUsable('after-replacement');
    await it.node.kubelet.stop();
    await it.node.startKubelet();
    await isUsable('after-restart');
    await isWriting();
    expect(await it.log()).not.toContain('held, but not mounted');
    await it.remove('pod', 'lasting');
    await it.isReleased(volume);
    await it.remove('pvc', 'lasting');
  });

  testKubernetes('that cannot be made say why', async (it) => {
    await it.apply({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'wrong' },
      provisioner: plugin,
      parameters: { mod: '0700' },
      volumeBindingMode: 'WaitForFirstConsumer',
    });
    await it.claim('wrong', 'wrong');
    await it.schedule('waiting', 'wrong');
    await it.eventually('the reason is shown', async () =>
      (await it.kubectl('describe', 'pvc', 'wrong')).includes('Did you mean "mode"?'),
    );
    await it.remove('pod', 'waiting');
    await it.remove('pvc', 'wrong');
  });
});

import { afterAll, expect } from '@jest/globals';
import { createEc2Endpoint, type Ec2Endpoint } from '../../lab/ec2/endpoint.ts';
import { nodeName } from '../../lab/kubernetes/node.ts';
import { describeWith } from '../../lab/requirements.ts';
import { ebsChanges, ebsParts, openInstances } from './kubernetes-ebs.ts';
import { counting } from './kubernetes-shares.ts';
import { type KubernetesLab, useKubernetes } from './use-kubernetes.ts';

const plugin = 'ebs.csi.example.com';
/** Like the class of the manifests, with a file system that grows mounted also without CAP_SYS_RESOURCE. */
const growing = 'growing';

describeWith(ebsParts, 'EBS volumes of a Kubernetes of one instance', () => {
  let ec2: Ec2Endpoint | undefined;
  let instanceId = '';
  const place = async () => {
    ec2 = await createEc2Endpoint({ disks: 'loop' });
    const opened = await openInstances(ec2, 1);
    instanceId = opened.instances[0]?.id ?? '';
    return opened;
  };
  const testKubernetes = useKubernetes({ manifests: 'ebs', place, changes: ebsChanges });
  afterAll(async () => ec2?.close());
  const volumes = () => ec2?.volumes() ?? [];
  const isRemoved = (it: KubernetesLab) =>
    it.eventually('EC2 has no volume', async () => volumes().length === 0);

  testKubernetes('are attached for their first pod, detached after it, and attached again', async (it) => {
    const driver = await it.eventually(
      'the node is registered',
      async () =>
        (await it.kubectl('get', 'csinode', nodeName, '--output=jsonpath={.spec.drivers[*]}')) || false,
    );
    expect(JSON.parse(driver)).toMatchObject({
      name: plugin,
      nodeID: instanceId,
      topologyKeys: [`${plugin}/zone`],
    });
    await it.claim('data', 'holdfast-ebs');
    await it.pod('writer', 'data');
    // With the name of the host, both would have the lease.
    const controllers = await it.kubectl(
      'get',
      'pods',
      '--namespace=holdfast',
      '--selector=app=holdfast-controller',
    );
    expect(controllers.match(/Running|Pending/g)?.sort()).toEqual(['Pending', 'Running']);
    await it.inPod('writer', 'echo kept > /d/file');
    expect(volumes()).toMatchObject([{ gib: 1, attachment: { instanceId, status: 'attached' } }]);
    await it.remove('pod', 'writer');
    await it.isReleased(await it.field('pvc', 'data', '.spec.volumeName'));
    await it.eventually('it is detached', async () => volumes()[0]?.attachment === undefined);
    await it.eventually(
      'Kubernetes knows it',
      async () => (await it.kubectl('get', 'volumeattachments', '--output=name')) === '',
    );
    await it.pod('reader', 'data');
    expect(await it.inPod('reader', 'cat /d/file')).toBe('kept');
    await it.remove('pod', 'reader');
    await it.remove('pvc', 'data');
    await isRemoved(it);
  });

  testKubernetes('grow while a pod writes, and between two pods', async (it) => {
    await it.apply({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: growing },
      provisioner: plugin,
      parameters: { fsType: 'xfs' },
      allowVolumeExpansion: true,
      volumeBindingMode: 'WaitForFirstConsumer',
    });
    await it.claim('data', growing);
    await it.pod('writer', 'data', { command: counting });
    const kibibytes = async (pod: string) => Number(await it.inPod(pod, "df -k /d | awk 'END { print $2 }'"));
    const count = async () => Number(await it.inPod('writer', 'wc -l < /d/count'));
    expect(await kibibytes('writer')).toBeLessThan(2 ** 20);
    await it.grow('data', '2Gi');
    expect(volumes()).toMatchObject([{ gib: 2 }]);
    expect(await kibibytes('writer')).toBeGreaterThan(1.9 * 2 ** 20);
    const before = await count();
    await it.eventually('it still writes', async () => (await count()) > before);
    await it.remove('pod', 'writer');
    await it.eventually('it is detached', async () => volumes()[0]?.attachment === undefined);
    await it.kubectl('patch', 'pvc', 'data', '--patch={"spec":{"resources":{"requests":{"storage":"3Gi"}}}}');
    await it.eventually('its disk is larger', async () => volumes()[0]?.gib === 3);
    expect(volumes()[0]?.attachment).toBeUndefined();
    await it.pod('reader', 'data');
    expect(await kibibytes('reader')).toBeGreaterThan(2.9 * 2 ** 20);
    await it.eventually(
      'the claim has it',
      async () => (await it.field('pvc', 'data', '.status.capacity.storage')) === '3Gi',
    );
    expect(Number(await it.inPod('reader', 'wc -l < /d/count'))).toBeGreaterThanOrEqual(before);
    await it.remove('pod', 'reader');
    await it.remove('pvc', 'data');
    await isRemoved(it);
  });

  testKubernetes('stay attached while controllers and the node part are replaced', async (it) => {
    await it.claim('lasting', 'holdfast-ebs');
    await it.pod('lasting', 'lasting', { command: counting });
    const count = async () => Number(await it.inPod('lasting', 'wc -l < /d/count'));
    for (const app of ['holdfast-controller', 'holdfast-node']) {
      await it.kubectl('delete', 'pod', '--namespace=holdfast', `--selector=app=${app}`, '--timeout=100s');
      const before = await it.eventually('it writes', count);
      await it.eventually('it still writes', async () => (await count()) > before);
      expect(volumes()).toMatchObject([{ attachment: { instanceId, status: 'attached' } }]);
    }
    await it.pod('second', 'lasting');
    await it.remove('pod', 'second', 'lasting');
    await it.remove('pvc', 'lasting');
    await isRemoved(it);
  });
});

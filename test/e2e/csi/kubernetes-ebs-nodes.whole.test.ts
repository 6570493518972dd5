import { expect } from '@jest/globals';
import { describeWith } from '../../lab/requirements.ts';
import { ebsParts } from './kubernetes-ebs.ts';
import { counting } from './kubernetes-shares.ts';
import { controllersRun, count, useEbsNodes } from './use-ebs-nodes.ts';
import { type KubernetesLab, pageLine } from './use-kubernetes.ts';

const usual = 'holdfast-ebs';

describeWith(ebsParts, 'EBS volumes of a Kubernetes of two instances', () => {
  const { testKubernetes, hosts, volumes, attachedTo, clear } = useEbsNodes();

  testKubernetes('move with their pod, and are on one node at a time', async (it) => {
    const [first, second] = it.nodes;
    await controllersRun(it);
    await it.claim('data', usual);
    await it.pod('first', 'data', { on: first, command: counting });
    expect(attachedTo()).toEqual([0]);
    await it.schedule('second', 'data', { on: second, command: counting });
    await it.eventually('it is refused', async () =>
      (await it.kubectl('describe', 'pod', 'second')).includes('already used by pod'),
    );
    expect(attachedTo()).toEqual([0]);
    const before = await count(it, 'first');
    await it.remove('pod', 'first');
    await runs(it, 'second');
    expect(attachedTo()).toEqual([1]);
    expect(await count(it, 'second')).toBeGreaterThanOrEqual(before);
    await clear(it, 'second', 'data');
  });

  testKubernetes('of a claim with ReadWriteOncePod are in one pod at a time', async (it) => {
    await it.claim('lone', usual, { access: 'ReadWriteOncePod' });
    await it.pod('first', 'lone');
    await it.schedule('second', 'lone');
    await it.eventually('it waits', async () =>
      (await it.kubectl('describe', 'pod', 'second')).includes('ReadWriteOncePod'),
    );
    await it.remove('pod', 'first');
    await runs(it, 'second');
    await clear(it, 'second', 'lone');
  });

  testKubernetes('get other options by a class of volume attributes, while a pod writes', async (it) => {
    for (const [name, throughput] of [
      ['silver', '150'],
      ['gold', '250'],
    ])
      await it.apply({
        apiVersion: 'storage.k8s.io/v1',
        kind: 'VolumeAttributesClass',
        metadata: { name },
        driverName: 'ebs.csi.example.com',
        parameters: { throughput },
      });
    await it.claim('tuned', usual, { attributes: 'silver' });
    await it.pod('tuned', 'tuned', { command: counting });
    expect(volumes()).toMatchObject([{ throughput: 150 }]);
    await it.kubectl('patch', 'pvc', 'tuned', '--patch={"spec":{"volumeAttributesClassName":"gold"}}');
    await it.eventually(
      'the claim has it',
      async () => (await it.field('pvc', 'tuned', '.status.currentVolumeAttributesClassName')) === 'gold',
    );
    expect(volumes()).toMatchObject([{ throughput: 250 }]);
    await clear(it, 'tuned', 'tuned');
  });

  testKubernetes('stay under a pod that writes while the node part is upgraded', async (it) => {
    await it.claim('lasting', usual);
    await it.pod('lasting', 'lasting', { command: counting, on: it.node });
    const next = 'registry.example/holdfast:0.1.1';
    const entrypoint = ['node', '/opt/holdfast/dist/main.js'];
    await it.importImages([{ names: [next], root: `${it.folder}/holdfast-image`, entrypoint }]);
    const nodePart = ['--namespace=holdfast', 'daemonset/holdfast-node'];
    await it.kubectl('set', 'image', ...nodePart, `holdfast=${next}`);
    await it.kubectl('rollout', 'status', ...nodePart, '--timeout=100s');
    const before = await count(it, 'lasting');
    await it.eventually('it still writes', async () => (await count(it, 'lasting')) > before);
    await it.pod('second', 'lasting', { on: it.node });
    await it.remove('pod', 'second');
    await clear(it, 'lasting', 'lasting');
  });

  testKubernetes('of a node that died are on another one only once its instance is stopped', async (it) => {
    const [, dying] = it.nodes;
    const [host, instance] = [hosts().hosts[1], hosts().instances[1]];
    if (!dying || !host || !instance) throw new Error('There is no second node.');
    await it.claim('precious', usual);
    await it.pod('precious', 'precious', { command: counting, on: dying });
    await it.eventually('it has written', async () => (await count(it, 'precious')) > 10);
    const before = await count(it, 'precious');
    const volume = await it.field('pvc', 'precious', '.spec.volumeName');
    await instance.powerFails();
    await host.powerOff();
    const isReady = '.status.conditions[?(@.type=="Ready")].status';
    await it.eventually(
      'the node is lost',
      async () => (await it.field('node', 'node-b', isReady)) === 'Unknown',
    );
    const taint = pageLine('kubectl taint');
    await it.follow(taint);
    await it.kubectl('delete', 'pod', 'precious', '--force', '--ignore-not-found');
    await it.schedule('heir', 'precious', { command: counting, on: it.node });
    await it.eventually('the reason is shown', async () =>
      /could not be detached: .* attached to i-/s.test(await it.kubectl('describe', 'volumeattachments')),
    );
    expect(attachedTo()).toEqual([1]);
    expect(await it.field('pod', 'heir', '.status.phase')).toBe('Pending');
    await instance.setState('stopped');
    await runs(it, 'heir');
    expect(attachedTo()).toEqual([0]);
    expect(await count(it, 'heir')).toBeGreaterThanOrEqual(before);
    await instance.setState('running');
    await host.powerOn();
    await dying.start();
    await it.follow(`${taint}-`);
    await it.eventually(
      'the node is back',
      async () => (await it.field('node', 'node-b', isReady)) === 'True',
    );
    await it.on(dying).isReleased(volume);
    const meanwhile = await count(it, 'heir');
    await it.eventually('the heir still writes', async () => (await count(it, 'heir')) > meanwhile);
    await it.remove('pod', 'heir');
    await it.pod('back', 'precious', { on: dying });
    expect(attachedTo()).toEqual([1]);
    await clear(it, 'back', 'precious');
  });
});

async function runs(it: KubernetesLab, pod: string): Promise<void> {
  await it.eventually(`${pod} runs`, async () => (await it.field('pod', pod, '.status.phase')) === 'Running');
}

import { expect } from '@jest/globals';
import { type NamespaceHosts, openHosts } from '../../lab/kubernetes/hosts.ts';
import { openLoneNetwork } from '../../lab/network/lone.ts';
import { describeWith } from '../../lab/requirements.ts';
import { counting, isRemoved, testRemoval } from './kubernetes-shares.ts';
import { type KubernetesLab, useKubernetes } from './use-kubernetes.ts';

const parts = { root: true, programs: ['busybox', 'gcc', 'ldd', 'ip', 'mkfs.xfs', 'openssl'] } as const;

const usual = 'holdfast-local';

describeWith(parts, 'local volumes of a Kubernetes of two nodes', () => {
  let hosts: NamespaceHosts['hosts'] = [];
  const place = async () => {
    const networks = [await openLoneNetwork(), await openLoneNetwork()];
    const opened = await openHosts(...networks.map((network) => ({ network })));
    hosts = opened.hosts;
    return opened;
  };
  const testKubernetes = useKubernetes({ manifests: 'local', place });

  testKubernetes(
    'are on the node of their first pod, with their snapshots and copies, until they are removed there',
    async (it) => {
      const names = it.nodes.map(({ host }) => host.name);
      for (const [index, node] of it.nodes.entries()) {
        const name = names[index] ?? '';
        await it.claim(name, usual);
        await it.pod(name, name, { on: node });
        await it.inPod(name, `echo ${name} > /d/file; sync`);
        await it.snapshot(`of-${name}`, usual, name);
        await it.claim(`again-${name}`, usual, { from: { kind: 'VolumeSnapshot', name: `of-${name}` } });
        await it.pod(`again-${name}`, `again-${name}`, { on: node });
        expect(await it.inPod(`again-${name}`, 'cat /d/file')).toBe(name);
      }
      const [first = '', second = ''] = await Promise.all(
        names.map((name) => it.field('pvc', name, '.spec.volumeName')),
      );
      await it.schedule('astray', names[0] ?? '', { on: it.nodes[1] });
      await it.eventually('it is not scheduled', async () =>
        (await it.kubectl('describe', 'pod', 'astray')).includes('volume node affinity'),
      );
      await it.remove('pod', 'astray', ...names.flatMap((name) => [name, `again-${name}`]));
      await it.remove('volumesnapshot', ...names.map((name) => `of-${name}`));
      await it.remove('pvc', ...names.flatMap((name) => [name, `again-${name}`]));
      await isRemoved(it);
      for (const [index, own] of [first, second].entries()) {
        const removed = await it.on(it.nodes[index]).holdfast('volume', 'ls', '--removed');
        expect([first, second].filter((volume) => removed.includes(volume))).toEqual([own]);
      }
    },
  );

  testKubernetes('of a node that died wait for it, and have their data when it is back', async (it) => {
    const [, dying] = it.nodes;
    const [, host] = hosts;
    if (!dying || !host) throw new Error('There is no second node.');
    await it.claim('precious', usual);
    await it.pod('precious', 'precious', { command: counting, on: dying });
    await it.eventually('it has written', async () => (await lines(it, 'precious')) > 10);
    const before = await lines(it, 'precious');
    await host.powerOff();
    await it.kubectl('delete', 'pod', 'precious', '--force');
    await it.schedule('heir', 'precious', { command: counting });
    const isReady = '.status.conditions[?(@.type=="Ready")].status';
    await it.eventually(
      'the node is lost',
      async () => (await it.field('node', 'node-b', isReady)) === 'Unknown',
    );
    expect(await it.field('pod', 'heir', '.status.phase')).toBe('Pending');
    await host.powerOn();
    await dying.start();
    await it.eventually(
      'the heir runs',
      async () => (await it.field('pod', 'heir', '.status.phase')) === 'Running',
    );
    expect(await lines(it, 'heir')).toBeGreaterThanOrEqual(before);
    expect(await it.field('pod', 'heir', '.spec.nodeName')).toBe('node-b');
    await it.remove('pod', 'heir');
    await it.remove('pvc', 'precious');
    await isRemoved(it);
  });

  testKubernetes('are not made on a node that is full, although the scheduler prefers it', async (it) => {
    const [full] = hosts;
    const leaving200MB =
      'fallocate -l $(($(df --output=avail -B1 /var/lib/holdfast | tail -n 1) - 200000000)) /var/lib/holdfast/full';
    const filled = await full?.run('sh', '-c', leaving200MB);
    expect(filled?.stderr).toBe('');
    const free = ['--all-namespaces', '--output=jsonpath={.items[*].capacity}'];
    await it.eventually('the scheduler knows it', async () => {
      const capacities = (await it.kubectl('get', 'csistoragecapacities', ...free)).split(' ');
      return capacities.some((capacity) => bytesOf(capacity) < 210_000_000);
    });
    await it.kubectl('taint', 'node', 'node-b', 'test/other=first:PreferNoSchedule');
    await it.claim('elsewhere', usual);
    await it.pod('elsewhere', 'elsewhere');
    expect(await it.field('pod', 'elsewhere', '.spec.nodeName')).toBe('node-b');
    await it.kubectl('taint', 'node', 'node-b', 'test/other=first:PreferNoSchedule-');
    await full?.run('rm', '/var/lib/holdfast/full');
    await it.remove('pod', 'elsewhere');
    await it.remove('pvc', 'elsewhere');
    await isRemoved(it);
  });

  testRemoval(testKubernetes, 'local');
});

const lines = async (it: KubernetesLab, pod: string) => Number(await it.inPod(pod, 'wc -l < /d/count'));

const units = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };

/** A quantity of Kubernetes. */
function bytesOf(quantity: string): number {
  const unit = Object.entries(units).find(([name]) => quantity.endsWith(name))?.[1] ?? 1;
  return Number.parseFloat(quantity) * unit;
}

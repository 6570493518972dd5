import { afterAll } from '@jest/globals';
import type { Volume } from '../../lab/ec2/cloud/resources.ts';
import { createEc2Endpoint, type Ec2Endpoint } from '../../lab/ec2/endpoint.ts';
import { type EbsHosts, ebsChanges, openInstances } from './kubernetes-ebs.ts';
import { type KubernetesLab, type TestKubernetes, useKubernetes } from './use-kubernetes.ts';

/** EBS volumes of a Kubernetes of two instances. */
export interface EbsNodes {
  readonly testKubernetes: TestKubernetes;
  hosts(): EbsHosts;
  volumes(): readonly Volume[];
  /** For each volume, the index of the node that has it; -1: none. */
  attachedTo(): readonly number[];
  /** Called after EC2 did what was asked, before it answers, until it is called with nothing. */
  watch(call?: (action: string) => Promise<void>): void;
  /** Removes pod and claim, and waits until EC2 has no volume. */
  clear(it: KubernetesLab, pod: string, claim: string): Promise<void>;
}

export function useEbsNodes(): EbsNodes {
  let ec2: Ec2Endpoint | undefined;
  let opened: EbsHosts | undefined;
  let watch: ((action: string) => Promise<void>) | undefined;
  const place = async () => {
    ec2 = await createEc2Endpoint({
      disks: 'loop',
      delays: { create: 500, attach: 500, detach: 500 },
      watch: async ({ moment, action }) => {
        if (moment === 'after') await watch?.(action);
        return undefined;
      },
    });
    opened = await openInstances(ec2, 2);
    return opened;
  };
  const testKubernetes = useKubernetes({ manifests: 'ebs', place, changes: ebsChanges });
  afterAll(async () => ec2?.close());
  const volumes = () => ec2?.volumes() ?? [];
  const hosts = () => {
    if (!opened) throw new Error('The cluster did not start: see the error of the first test.');
    return opened;
  };
  return {
    testKubernetes,
    hosts,
    volumes,
    attachedTo: () =>
      volumes().map(({ attachment }) =>
        hosts().instances.findIndex(({ id }) => id === attachment?.instanceId),
      ),
    watch: (call) => {
      watch = call;
    },
    clear: async (it, pod, claim) => {
      await it.remove('pod', pod);
      await it.remove('pvc', claim);
      await it.eventually('EC2 has no volume', async () => volumes().length === 0);
    },
  };
}

/** How often a pod with `counting` has counted. */
export async function count(it: KubernetesLab, pod: string): Promise<number> {
  return Number(await it.inPod(pod, 'wc -l < /d/count'));
}

/** Waits until both controllers run with all of their containers. */
export async function controllersRun(it: KubernetesLab): Promise<void> {
  const which = ['--namespace=holdfast', '--selector=app=holdfast-controller'];
  await it.eventually(
    'both controllers run',
    async () => (await it.kubectl('get', 'pods', ...which)).match(/ 4\/4 +Running/g)?.length === 2,
  );
}

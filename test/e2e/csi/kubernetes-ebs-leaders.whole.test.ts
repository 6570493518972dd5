import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { expect } from '@jest/globals';
import { processesOf } from '../../lab/kernel-view.ts';
import { allProcesses, send } from '../../lab/processes.ts';
import { describeWith } from '../../lab/requirements.ts';
import { ebsParts } from './kubernetes-ebs.ts';
import { counting } from './kubernetes-shares.ts';
import { controllersRun, count, useEbsNodes } from './use-ebs-nodes.ts';

describeWith(ebsParts, 'EBS volumes of a Kubernetes with two controllers', () => {
  const { testKubernetes, hosts, attachedTo, watch, clear } = useEbsNodes();

  for (const [action, lease] of [
    ['CreateVolume', 'ebs-csi-example-com'],
    ['AttachVolume', 'external-attacher-leader-ebs-csi-example-com'],
  ] as const)
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const)
      testKubernetes(
        `exist and are attached once, if the leader gets ${signal} during ${action}`,
        async (it) => {
          await controllersRun(it);
          const field = '--output=jsonpath={.spec.holderIdentity}';
          const holder = () => it.kubectl('get', 'lease', lease, '--namespace=holdfast', field);
          const leader = await it.eventually('there is a leader', async () => (await holder()) || false);
          const { folder = '' } = hosts().hosts.find(({ name }) => name === leader) ?? {};
          let hit: readonly number[] = [];
          watch(async (asked) => {
            if (asked !== action || hit.length > 0) return;
            hit = await controllerProcesses(folder);
            for (const pid of hit) send(pid, signal);
          });
          await it.claim('once', 'holdfast-ebs');
          await it.pod('once', 'once', { command: counting, on: it.nodes[1] });
          watch();
          expect(hit.length).toBe(4);
          if (signal === 'SIGSTOP') for (const pid of hit) send(pid, 'SIGCONT');
          await controllersRun(it);
          const before = await count(it, 'once');
          await it.eventually('it writes', async () => (await count(it, 'once')) > before + 20);
          expect(attachedTo()).toEqual([1]);
          await clear(it, 'once', 'once');
        },
      );
});

/** The daemon and the sidecars of the controller on the host with this folder. */
async function controllerProcesses(folder: string): Promise<readonly number[]> {
  const ofHost = await processesOf(folder);
  const sidecars = ['csi-provisioner', 'csi-attacher', 'csi-resizer'];
  const found: number[] = [];
  for (const { pid, args } of await allProcesses()) {
    if (!ofHost.includes(pid)) continue;
    const isDaemon = args[2] === 'serve' && (await environmentOf(pid)).includes('_MODE=controller');
    if (isDaemon || sidecars.includes(basename(args[0] ?? ''))) found.push(pid);
  }
  return found;
}

const environmentOf = (pid: number) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');

import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { eventually } from '../../lab/eventually.ts';
import { type Cluster, realGluster } from '../../lab/gluster/cluster.ts';
import { useCluster } from '../../lab/gluster/use-cluster.ts';
import { viewOutside } from '../../lab/kernel-view.ts';
import { createPluginMachine, type PluginMachine, realPlugin } from '../../lab/plugin/machine.ts';
import { words } from '../use-machine.ts';

/** What the tests here need; pass it to `describeWith`. */
export const realPluginParts = {
  ...realGluster,
  programs: [...realPlugin.programs, ...realGluster.programs],
} as const;

export interface PluginLab {
  machine(): PluginMachine;
  cluster(): Cluster;
}

/**
 * One machine with the plugin installed from a registry under three aliases: `disk`, `small`, and `shared` on a GlusterFS cluster.
 * After each test, its containers and volumes are removed, and none of them may still be mounted.
 */
export function usePlugin(): PluginLab {
  let machine: PluginMachine | undefined;
  const current = () => {
    if (!machine) throw new Error('The machine did not boot: see the error of the first test.');
    return machine;
  };
  // Runs before the cluster's own cleanup, which must find no host.
  afterAll(async () => {
    if (!machine) return;
    await switchOff(machine);
  });
  // Clients must not give up a hanging server before Holdfast does.
  const cluster = useCluster({ brickSize: '64m', pingTimeout: 90 });
  beforeAll(async () => {
    const pod = await cluster().hub.plug();
    machine = await createPluginMachine(pod.network);
    await machine.build.publish(machine.published(1), '1.0.0-test');
    await machine.install('disk', 'LOG_LEVEL=debug');
    await machine.install('small', 'NAME=small', 'DEFAULTS_SIZE=32MiB');
    const servers = `SERVERS=${cluster().addresses.join(',')}`;
    await machine.install('shared', 'BACKEND=glusterfs', servers, 'VOLUME=gv0');
  });
  afterEach(() => leaveNothing(current()));
  return { machine: current, cluster };
}

export async function switchOff(machine: PluginMachine): Promise<void> {
  await machine.destroy();
  const isGone = async () => (await viewOutside(machine.folder)).length === 0;
  await eventually('nothing outlives the machine', isGone);
}

/** Removes every container and volume, as a user does. */
export async function leaveNothing(machine: PluginMachine): Promise<void> {
  const { docker } = machine;
  const containers = words(await docker('ps', '--all', '--quiet'));
  if (containers.length > 0) await docker('rm', '--force', '--volumes', ...containers);
  const volumes = words(await docker('volume', 'ls', '--quiet'));
  if (volumes.length > 0) await docker('volume', 'rm', ...volumes);
  for (const volume of volumes) {
    const isGone = async () => (await machine.mountsOf(volume)).length === 0;
    await machine.eventually(`${volume} is mounted nowhere`, isGone);
  }
}

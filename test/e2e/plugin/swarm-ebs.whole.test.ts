import { afterAll, expect } from '@jest/globals';
import { showDevices } from '../../lab/ec2/ebs-host.ts';
import { createEc2Endpoint, type Ec2Endpoint } from '../../lab/ec2/endpoint.ts';
import { ec2Url, type InstanceNetwork, openInstanceNetwork } from '../../lab/ec2/instance-network.ts';
import { createPluginMachine, type PluginMachine, realPlugin } from '../../lab/plugin/machine.ts';
import { describeWith } from '../../lab/requirements.ts';
import { swarmActs, tagSleeper } from '../../lab/swarm/acts.ts';
import { clusterEngine, clusterEngineParts } from '../../lab/swarm/engine.ts';
import { realEbsHosts } from '../ebs/use-hosts.ts';
import { switchOff } from './use-plugin.ts';

const realParts = { ...realEbsHosts, programs: [...realEbsHosts.programs, ...realPlugin.programs, 'gcc'] };

describeWith(realParts, 'cluster volumes of a Swarm on an instance of EC2', () => {
  let endpoint: Ec2Endpoint | undefined;
  let network: InstanceNetwork | undefined;
  let opened: PluginMachine | undefined;
  const boot = async () => {
    endpoint = await createEc2Endpoint({ disks: 'loop' });
    const instance = await endpoint.addInstance();
    network = await openInstanceNetwork(endpoint, instance);
    const engine = await clusterEngineParts();
    const furnish = (namespace: PluginMachine['namespace']) => showDevices(namespace, instance);
    opened = await createPluginMachine(network.path, { engine, furnish });
    const { docker, build, published, install } = opened;
    await tagSleeper(opened);
    await docker('swarm', 'init', '--advertise-addr=127.0.0.1', '--listen-addr=127.0.0.1');
    await build.publish(published(1), '1.0.0-test', '--cluster');
    await install(
      'ebs',
      'BACKEND=ebs',
      `ENDPOINT=${ec2Url}`,
      `REGION=${endpoint.region}`,
      'ON_REMOVE=delete',
    );
    return { machine: opened, ec2: endpoint };
  };
  afterAll(async () => {
    if (opened) await switchOff(opened);
    await network?.close();
    await endpoint?.close();
  });

  clusterEngine.test(
    'are attached for a task if the driver is named with its tag, and detached after the last one',
    async () => {
      const { machine, ec2 } = await boot();
      const { docker, eventually, log } = machine;
      const acts = swarmActs(machine);
      const make = (driver: string, name: string) =>
        docker('volume', 'create', '--driver', driver, '--type', 'mount', '-o', 'size=1GiB', name);
      const mount = (volume: string) => ['--mount', `type=cluster,src=${volume},dst=/d`];
      // Swarm knows its nodes' plugins by their whole names.
      await make('ebs', 'short');
      await acts.serve('waiter', ...mount('short'));
      await eventually('the reason is logged', async () => (await log()).includes('CSI node ID not found'));
      await acts.end('waiter');
      await make('ebs:latest', 'whole');
      await acts.serve('user', ...mount('whole'));
      const read = await acts.inTask(machine, 'user', 'echo here > /d/file; cat /d/file; df -k /d');
      expect(read).toMatch(/^here\n(.|\n)*\/dev\/nvme1n1/);
      await acts.end('user');
      await eventually('the disk is detached', async () =>
        ec2.volumes().every(({ status }) => status === 'available'),
      );
      await acts.isShown('whole', 'created');
      await docker('volume', 'rm', 'whole');
      await eventually('the disk is deleted', async () => ec2.volumes().length < 2);
    },
    900_000,
  );
});

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { showDevices } from '../../lab/ec2/ebs-host.ts';
import { createEc2Endpoint, type Ec2Endpoint } from '../../lab/ec2/endpoint.ts';
import { ec2Url, type InstanceNetwork, openInstanceNetwork } from '../../lab/ec2/instance-network.ts';
import { createPluginMachine, type PluginMachine, realPlugin } from '../../lab/plugin/machine.ts';
import { describeWith } from '../../lab/requirements.ts';
import { inContainer } from '../containers.ts';
import { realEbsHosts } from '../ebs/use-hosts.ts';
import { leaveNothing, switchOff } from './use-plugin.ts';

const realParts = { ...realEbsHosts, programs: [...realEbsHosts.programs, ...realPlugin.programs] };

describeWith(realParts, 'the managed plugin on an instance of EC2', () => {
  let endpoint: Ec2Endpoint;
  let network: InstanceNetwork | undefined;
  let machine: PluginMachine | undefined;
  beforeAll(async () => {
    endpoint = await createEc2Endpoint({ disks: 'loop' });
    const instance = await endpoint.addInstance();
    network = await openInstanceNetwork(endpoint, instance);
    machine = await createPluginMachine(network.path, {
      furnish: (namespace) => showDevices(namespace, instance),
    });
    await machine.build.publish(machine.published(1), '1.0.0-test');
  });
  afterAll(async () => {
    if (machine) await switchOff(machine);
    await network?.close();
    await endpoint?.close();
  });

  test("uses EBS volumes, with the names of REX-Ray's settings, and restarts while EC2 does not answer", async () => {
    if (!machine || !network) throw new Error('It did not boot: see the error before.');
    const { docker, eventually, install, log } = machine;
    await install('ebs', `EBS_ENDPOINT=${ec2Url}`, `EBS_REGION=${endpoint.region}`, 'ON_REMOVE=delete');
    expect(await log()).toMatch(/EBS_ENDPOINT.*understood as ENDPOINT=/);
    await docker('volume', 'create', '--driver', 'ebs', '-o', 'size=1GiB', 'db');
    await inContainer(machine, ['db:/d'], 'echo here > /d/file');
    await docker('plugin', 'disable', '--force', 'ebs');
    await network.cut();
    await docker('plugin', 'enable', 'ebs');
    await network.join();
    const read = inContainer(machine, ['db:/d'], 'cat /d/file && df -k /d');
    expect(await read).toMatch(/^here\n(.|\n)*\/dev\/nvme1n1/);
    expect(endpoint.volumes()).toMatchObject([{ gib: 1 }]);
    await leaveNothing(machine);
    await eventually('EC2 has no volume', async () => endpoint.volumes().length === 0);
  });
});

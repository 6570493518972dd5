import { createEc2 } from '../../../../src/backends/ebs/ec2/client.ts';
import { noLimits } from '../../../../src/backends/ebs/ec2/rate-limits.ts';
import { ec2Contract } from '../../../contract/ec2-contract.ts';
import { createFakeCloud, createFakeEc2 } from '../../../fakes/ec2/fake-ec2.ts';
import { createEc2Endpoint } from '../../../lab/ec2/endpoint.ts';

ec2Contract('the fake', async () => {
  const cloud = createFakeCloud(['zone-a', 'zone-b']);
  for (const id of ['i-a', 'i-b']) cloud.addMachine(id);
  cloud.addMachine('i-far', { zone: 'zone-b' });
  return {
    connect: async () => createFakeEc2(cloud),
    zone: 'zone-a',
    a: 'i-a',
    b: 'i-b',
    far: 'i-far',
    allowKeys: async (keys, refusal) => {
      cloud.kms = { keys, refusal };
    },
    cleanUp: async () => undefined,
  };
});

ec2Contract("the SDK's client, and the endpoint of the tests", async () => {
  const endpoint = await createEc2Endpoint();
  const { url, region, credentials, zones } = endpoint;
  const [zone = '', otherZone = ''] = zones;
  const a = await endpoint.addInstance({ zone });
  const b = await endpoint.addInstance({ zone });
  const far = await endpoint.addInstance({ zone: otherZone });
  return {
    connect: () => createEc2({ region, endpoint: url, credentials, limits: noLimits }),
    zone,
    a: a.id,
    b: b.id,
    far: far.id,
    allowKeys: async (kmsKeys, kmsRefusal) => endpoint.rule({ kmsKeys, kmsRefusal }),
    cleanUp: () => endpoint.close(),
  };
});

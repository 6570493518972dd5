import { createEc2 } from '../../../../src/backends/ebs/ec2/client.ts';
import { noLimits } from '../../../../src/backends/ebs/ec2/rate-limits.ts';
import { ec2Contract } from '../../../contract/ec2-contract.ts';
import { createFakeCloud, createFakeEc2 } from '../../../fakes/ec2/fake-ec2.ts';
import { createEc2Endpoint } from '../../../lab/ec2/endpoint.ts';

ec2Contract('the fake', async () => {
  const cloud = createFakeCloud(['zone-a', 'zone-b']);
  const other = createFakeCloud(['zone-other'], cloud);
  for (const id of ['i-a', 'i-b']) cloud.addMachine(id);
  cloud.addMachine('i-far', { zone: 'zone-b' });
  return {
    connect: async () => createFakeEc2(cloud),
    connectElsewhere: async () => createFakeEc2(other),
    region: cloud.region,
    limitCopies: (most) => {
      other.limits.copies = most;
    },
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
  // They are pending for longer than a few requests take.
  const delays = { snapshot: 400, copy: 1500 };
  const endpoint = await createEc2Endpoint({ otherRegions: ['eu-west-1'], delays });
  const { url, region, credentials, zones } = endpoint;
  const [zone = '', otherZone = ''] = zones;
  const a = await endpoint.addInstance({ zone });
  const b = await endpoint.addInstance({ zone });
  const far = await endpoint.addInstance({ zone: otherZone });
  return {
    connect: () => createEc2({ region, endpoint: url, credentials, limits: noLimits }),
    connectElsewhere: () => createEc2({ region: 'eu-west-1', endpoint: url, credentials, limits: noLimits }),
    region,
    limitCopies: (copiesAtOnce) => endpoint.rule({ copiesAtOnce }),
    zone,
    a: a.id,
    b: b.id,
    far: far.id,
    allowKeys: async (kmsKeys, kmsRefusal) => endpoint.rule({ kmsKeys, kmsRefusal }),
    cleanUp: () => endpoint.close(),
  };
});

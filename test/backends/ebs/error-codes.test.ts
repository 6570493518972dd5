import { afterEach, describe, expect, test } from '@jest/globals';
import { createEc2 } from '../../../src/backends/ebs/ec2/client.ts';
import { type Ec2, Ec2Error } from '../../../src/backends/ebs/ec2/ec2.ts';
import { explainRefusal } from '../../../src/backends/ebs/ec2/refusals.ts';
import { createFakeCloud } from '../../fakes/ec2/fake-ec2.ts';
import { createEc2Endpoint, type Ec2Endpoint } from '../../lab/ec2/endpoint.ts';
import { diskOf, holdersOf, openHost } from './hosts.ts';

const live = new AbortController().signal;
const none = 'vol-0000000000000dead';
let endpoint: Ec2Endpoint | undefined;

afterEach(async () => {
  await endpoint?.close();
  endpoint = undefined;
});

/** The real client, and an instance. */
async function client(): Promise<{ ec2: Ec2; made: Ec2Endpoint; instanceId: string }> {
  const made = await createEc2Endpoint();
  endpoint = made;
  const { url, region, credentials } = made;
  const { id: instanceId } = await made.addInstance();
  return { ec2: await createEc2({ region, endpoint: url, credentials }), made, instanceId };
}

const refuse = (made: Ec2Endpoint, action: string, code: string) =>
  made.fail(action, { kind: 'error', code, message: `EC2 says ${code}`, status: 400 });

describe('error code InvalidVolume.NotFound: there is no such EBS volume', () => {
  test('a detach or delete succeeds', async () => {
    const { ec2, instanceId } = await client();
    await ec2.detach(none, instanceId, undefined, live);
    await ec2.deleteVolume(none, live);
    expect([...ec2.requests()]).toEqual([
      ['DetachVolume', 1],
      ['DeleteVolume', 1],
    ]);
  });
  test('an attach fails at once', async () => {
    const { ec2, instanceId } = await client();
    const attach = ec2.attach(none, instanceId, '/dev/xvdba', live);
    await expect(attach).rejects.toMatchObject({ name: 'Ec2Error', code: 'InvalidVolume.NotFound' });
    expect(ec2.requests().get('AttachVolume')).toBe(1);
  });
  test('a mount fails without waiting', async () => {
    const cloud = createFakeCloud();
    const a = await openHost(cloud, 'i-a', {
      around: async (call, run) => {
        if (call.action === 'AttachVolume') cloud.volumes.clear();
        return run();
      },
    });
    const volume = await a.create('db');
    const before = a.waited();
    await expect(a.stage(volume)).rejects.toThrow(/^Volume db could not be mounted: .*no such EBS volume/);
    expect(a.waited() - before).toBeLessThan(5_000);
  });
});

test.each(['IncorrectState', 'InvalidAttachment.NotFound'])(
  'error codes IncorrectState and InvalidAttachment.NotFound: %s of a detach means that it is detached',
  async (code) => {
    const { ec2, made, instanceId } = await client();
    refuse(made, 'DetachVolume', code);
    await ec2.detach(none, instanceId, undefined, live);
    refuse(made, 'AttachVolume', code);
    const attach = ec2.attach(none, instanceId, '/dev/xvdba', live);
    await expect(attach).rejects.toMatchObject({ code });
  },
);

test('error code InvalidInstanceID.NotFound: the holder is gone, and the volume is described again', async () => {
  const cloud = createFakeCloud();
  const a = await openHost(cloud, 'i-a');
  const b = await openHost(cloud, 'i-b', {
    around: async (call, run) => {
      if (call.action !== 'DetachVolume') return run();
      // At this moment EC2 forgets the instance and its attachments.
      cloud.setMachineState('i-a', 'terminated');
      throw new Ec2Error('DetachVolume', 'InvalidInstanceID.NotFound', 'i-a does not exist');
    },
  });
  const volume = await a.create('db');
  await a.stage(volume);
  await a.write(volume, 'precious');
  a.state.reboot();
  cloud.setMachineState('i-a', 'stopped');
  await b.stage(volume);
  expect(await b.read(volume)).toBe('precious');
  expect(holdersOf(cloud, volume)).toEqual(['i-b attached']);
});

test('error code VolumeInUse: somebody was faster; the error names who has it', async () => {
  const cloud = createFakeCloud();
  const a = await openHost(cloud, 'i-a');
  let isFirst = true;
  const b = await openHost(cloud, 'i-b', {
    around: async (call, run) => {
      if (call.action === 'AttachVolume' && isFirst) {
        isFirst = false;
        await a.stage(volume);
      }
      return run();
    },
  });
  const volume = await a.create('db');
  await expect(b.stage(volume)).rejects.toMatchObject({
    code: 'in-use',
    message: expect.stringMatching(/attached to i-a \(EC2 has instance i-a as running\)/),
  });
  expect(diskOf(cloud).attachments).toMatchObject([{ instanceId: 'i-a', state: 'attached' }]);
});

test('error code OperationNotPermitted: a volume that is being modified is waited for, then attached', async () => {
  const cloud = createFakeCloud();
  const a = await openHost(cloud, 'i-a');
  const volume = await a.create('db');
  for (let count = 0; count < 3; count++)
    cloud.failNext('AttachVolume', new Ec2Error('AttachVolume', 'OperationNotPermitted', 'modifying'));
  const before = a.waited();
  await a.stage(volume);
  expect(holdersOf(cloud, volume)).toEqual(['i-a attached']);
  expect(a.waited() - before).toBeGreaterThanOrEqual(3_000);
});

test('error code VolumeModificationRateExceeded: says when the next change is possible', () => {
  const error = new Ec2Error('ModifyVolume', 'VolumeModificationRateExceeded', 'too often');
  expect(explainRefusal('Volume db could not be changed', error)).toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/four modifications in 24 hours, each after the previous one is complete/),
  });
});

test.each([
  ['InvalidParameterValue', 'invalid'],
  ['InvalidParameterCombination', 'invalid'],
  ['VolumeLimitExceeded', 'unavailable'],
  ['MaxIOPSLimitExceeded', 'unavailable'],
])(
  'error codes InvalidParameterValue, InvalidParameterCombination and VolumeLimitExceeded: %s is sent once, and is %s',
  async (code, meaning) => {
    const { ec2, made } = await client();
    refuse(made, 'CreateVolume', code);
    const wanted = { zone: made.zones[0] ?? '', sizeGiB: 1, type: 'gp3', tags: {} } as const;
    const error: unknown = await ec2.createVolume(wanted, 't', live).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'Ec2Error', code });
    expect(ec2.requests().get('CreateVolume')).toBe(1);
    expect(explainRefusal('x', new Ec2Error('CreateVolume', code, 'no')).code).toBe(meaning);
  },
);

test('a zone without capacity is out of space, and a used-up quota of the account is not', () => {
  const outOfSpace = (code: string) =>
    explainRefusal('x', new Ec2Error('CreateVolume', code, 'no')).outOfSpace;
  expect(outOfSpace('InsufficientVolumeCapacity')).toBe(true);
  expect(outOfSpace('VolumeLimitExceeded')).toBe(false);
});

import {
  AttachVolumeCommand,
  CreateVolumeCommand,
  DeleteVolumeCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  DetachVolumeCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import { createClient, refusal } from './client.ts';
import { drivenClock } from './cloud/clock.ts';
import type { InstanceSettings } from './cloud/instance.ts';
import type { Ec2Settings } from './endpoint.ts';
import { useEndpoints } from './use-endpoint.ts';

const start = useEndpoints();

async function setUp(settings: Ec2Settings = {}, instanceSettings: InstanceSettings = {}) {
  const clock = drivenClock();
  const endpoint = await start({ clock, ...settings });
  const client = createClient(endpoint);
  const instance = await endpoint.addInstance(instanceSettings);
  return {
    clock,
    endpoint,
    client,
    instance,
    create: async (zone = instance.zone) => {
      const made = await client.send(new CreateVolumeCommand({ AvailabilityZone: zone, Size: 1 }));
      await clock.advance(60_000);
      return made.VolumeId ?? '';
    },
    attach: (VolumeId: string, Device = '/dev/xvdba', InstanceId = instance.id) =>
      client.send(new AttachVolumeCommand({ VolumeId, Device, InstanceId })),
    detach: (VolumeId: string, input: object = {}) =>
      client.send(new DetachVolumeCommand({ VolumeId, ...input })),
    remove: (VolumeId: string) => client.send(new DeleteVolumeCommand({ VolumeId })),
    states: async (id: string) => {
      const { Volumes = [] } = await client.send(new DescribeVolumesCommand({ VolumeIds: [id] }));
      return [Volumes[0]?.State, Volumes[0]?.Attachments?.[0]?.State];
    },
  };
}

describe('AttachVolume and DetachVolume', () => {
  test('take their time', async () => {
    const { clock, create, attach, detach, states } = await setUp({ delays: { attach: 2000, detach: 3000 } });
    const id = await create();
    expect(await attach(id)).toMatchObject({ State: 'attaching', Device: '/dev/xvdba', VolumeId: id });
    expect(await states(id)).toEqual(['in-use', 'attaching']);
    await clock.advance(2000);
    expect(await states(id)).toEqual(['in-use', 'attached']);
    expect(await detach(id)).toMatchObject({ State: 'detaching' });
    await clock.advance(2999);
    expect(await states(id)).toEqual(['in-use', 'detaching']);
    await clock.advance(1);
    expect(await states(id)).toEqual(['available', undefined]);
  });

  test('refuse a second attachment to any instance', async () => {
    const { endpoint, create, attach } = await setUp();
    const id = await create();
    const other = await endpoint.addInstance();
    await attach(id);
    const refused = { code: 'VolumeInUse', message: `${id} is already attached to an instance` };
    expect(await refusal(attach(id))).toEqual(refused);
    expect(await refusal(attach(id, '/dev/xvdbb', other.id))).toEqual(refused);
  });

  test('refuse a volume that is not available yet, and a stopped instance', async () => {
    const { clock, client, endpoint, instance, create, attach } = await setUp({ delays: { create: 100 } });
    const input = { AvailabilityZone: instance.zone, Size: 1 };
    const { VolumeId: young = '' } = await client.send(new CreateVolumeCommand(input));
    expect(await refusal(attach(young))).toEqual({
      code: 'IncorrectState',
      message: `${young} is not 'available'.`,
    });
    await clock.advance(100);
    await instance.setState('pending');
    expect(await refusal(attach(young))).toEqual({
      code: 'IncorrectState',
      message: `Instance '${instance.id}' is not 'running'.`,
    });
    await instance.setState('gone');
    expect(await refusal(attach(young))).toEqual({
      code: 'InvalidInstanceID.NotFound',
      message: `The instance ID '${instance.id}' does not exist`,
    });
    expect(endpoint.volumes()).toHaveLength(1);
    expect(await create()).toMatch(/^vol-0[0-9a-f]{16}$/);
  });

  test('refuse another zone, a used or invalid device name, and one volume too many', async () => {
    const { create, attach, instance } = await setUp({}, { attachLimit: 2 });
    const [far, one, two] = [await create('eu-central-1b'), await create(), await create()];
    expect(await refusal(attach(far))).toEqual({
      code: 'InvalidVolume.ZoneMismatch',
      message: `The volume '${far}' is not in the same availability zone as instance '${instance.id}'`,
    });
    expect(await refusal(attach(one, '/dev/sdk1'))).toEqual({
      code: 'InvalidParameterValue',
      message: 'Value (/dev/sdk1) for parameter device is invalid. /dev/sdk1 is not a valid EBS device name.',
    });
    await attach(one);
    expect(await refusal(attach(two))).toEqual({
      code: 'InvalidParameterValue',
      message: "Invalid value '/dev/xvdba' for unixDevice. Attachment point /dev/xvdba is already in use",
    });
    expect(await refusal(attach(two, '/dev/xvdbb'))).toMatchObject({
      code: 'AttachmentLimitExceeded',
      message: expect.stringContaining('You may attach up to 2 devices for this instance type.'),
    });
  });

  test('stay `attaching` forever for a second name of one slot, on Xen', async () => {
    const { clock, create, attach, states } = await setUp({}, { type: 't2.micro' });
    const [one, two] = [await create(), await create()];
    await attach(one, '/dev/xvdf');
    await attach(two, '/dev/sdf');
    await clock.advance(3600_000);
    expect([await states(one), await states(two)]).toEqual([
      ['in-use', 'attached'],
      ['in-use', 'attaching'],
    ]);
  });

  test('refuse to detach a volume that is not attached or does not exist', async () => {
    const { clock, endpoint, create, attach, detach } = await setUp();
    const id = await create();
    const other = await endpoint.addInstance();
    expect(await refusal(detach(id))).toEqual({
      code: 'IncorrectState',
      message: `Volume '${id}' is in the 'available' state.`,
    });
    await attach(id);
    await clock.advance(0);
    expect((await refusal(detach(id, { InstanceId: other.id }))).code).toBe('InvalidAttachment.NotFound');
    expect((await refusal(detach(id, { Device: '/dev/xvdbz' }))).code).toBe('InvalidAttachment.NotFound');
    const none = 'vol-0123456789abcdef0';
    expect((await refusal(detach(none))).code).toBe('InvalidVolume.NotFound');
  });

  test('prevent the deletion of an attached volume', async () => {
    const { clock, endpoint, create, attach, detach, remove, instance } = await setUp();
    const id = await create();
    await attach(id);
    expect(await refusal(remove(id))).toEqual({
      code: 'VolumeInUse',
      message: `Volume ${id} is currently attached to ${instance.id}`,
    });
    await detach(id);
    await clock.advance(0);
    await remove(id);
    await clock.advance(0);
    expect(endpoint.volumes()).toEqual([]);
  });

  test('can get stuck; a detach ends a stuck attach, force a stuck detach', async () => {
    const { clock, endpoint, create, attach, detach, states } = await setUp();
    const id = await create();
    endpoint.fail('AttachVolume', { kind: 'stuck' });
    endpoint.fail('DetachVolume', { kind: 'stuck' });
    await attach(id);
    await clock.advance(3600_000);
    expect(await states(id)).toEqual(['in-use', 'attaching']);
    await detach(id);
    await clock.advance(3600_000);
    expect(await states(id)).toEqual(['in-use', 'detaching']);
    await detach(id, { Force: true });
    await clock.advance(0);
    expect(await states(id)).toEqual(['available', undefined]);
  });
});

describe('an instance', () => {
  test('reports its state and its volumes, including the root volume', async () => {
    const { clock, client, instance, create, attach } = await setUp();
    const id = await create();
    await attach(id);
    await clock.advance(0);
    const look = async () => {
      const answer = await client.send(new DescribeInstancesCommand({ InstanceIds: [instance.id] }));
      return answer.Reservations?.[0]?.Instances?.[0];
    };
    expect(await look()).toMatchObject({
      State: { Name: 'running', Code: 16 },
      Placement: { AvailabilityZone: instance.zone },
      InstanceType: 'm5.large',
      BlockDeviceMappings: [
        { DeviceName: '/dev/xvda', Ebs: { DeleteOnTermination: true } },
        { DeviceName: '/dev/xvdba', Ebs: { VolumeId: id, Status: 'attached', DeleteOnTermination: false } },
      ],
    });
    await instance.setState('stopped');
    expect((await look())?.State?.Name).toBe('stopped');
    expect((await look())?.BlockDeviceMappings).toHaveLength(2);
    await instance.setState('terminated');
    expect((await look())?.BlockDeviceMappings ?? []).toEqual([]);
    await instance.setState('gone');
    expect((await refusal(look())).code).toBe('InvalidInstanceID.NotFound');
  });
});

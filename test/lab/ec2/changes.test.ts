import {
  CreateSnapshotCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  DeleteSnapshotCommand,
  DeleteTagsCommand,
  DescribeAvailabilityZonesCommand,
  DescribeInstanceStatusCommand,
  DescribeInstanceTypesCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesModificationsCommand,
  ModifyVolumeCommand,
  type Tag,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import { fullPages } from './api/paging.ts';
import { createClient, refusal } from './client.ts';
import { drivenClock } from './cloud/clock.ts';
import type { Delays } from './cloud/delays.ts';
import { useEndpoints } from './use-endpoint.ts';

const start = useEndpoints();

async function setUp(delays: Partial<Delays> = {}) {
  const clock = drivenClock();
  const endpoint = await start({ clock, delays, pages: fullPages });
  const client = createClient(endpoint);
  const input = { AvailabilityZone: 'eu-central-1a', Size: 10, VolumeType: 'gp3' as const };
  const { VolumeId = '' } = await client.send(new CreateVolumeCommand(input));
  await clock.advance(10_000);
  const tag = (Tags: Tag[]) => client.send(new CreateTagsCommand({ Resources: [VolumeId], Tags }));
  const modify = (wish: object) => client.send(new ModifyVolumeCommand({ VolumeId, ...wish }));
  return { clock, endpoint, client, VolumeId, tag, modify, tags: () => endpoint.volumes()[0]?.tags };
}

describe('tags', () => {
  test('are added, overwritten and deleted', async () => {
    const { client, VolumeId, tag, tags } = await setUp();
    await tag([
      { Key: 'Name', Value: 'one' },
      { Key: 'kept', Value: 'k' },
    ]);
    await tag([{ Key: 'Name', Value: 'two' }]);
    expect(tags()).toEqual(
      new Map([
        ['Name', 'two'],
        ['kept', 'k'],
      ]),
    );
    const remove = (Tags: Tag[]) => client.send(new DeleteTagsCommand({ Resources: [VolumeId], Tags }));
    await remove([{ Key: 'Name', Value: 'one' }]);
    expect(tags()?.size).toBe(2);
    await remove([{ Key: 'Name' }]);
    expect(tags()).toEqual(new Map([['kept', 'k']]));
  });

  test('have limits', async () => {
    const { tag } = await setUp();
    const many = Array.from({ length: 50 }, (_none, index) => ({ Key: `key${index}`, Value: '' }));
    await tag(many);
    await tag([{ Key: 'key0', Value: 'again' }]);
    expect((await refusal(tag([{ Key: 'one too many', Value: '' }]))).code).toBe('TagLimitExceeded');
    expect(await refusal(tag([{ Key: 'aws:mine', Value: '' }]))).toEqual({
      code: 'InvalidParameterValue',
      message:
        "Value ( aws:mine ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use",
    });
    expect((await refusal(tag([{ Key: 'k'.repeat(129), Value: '' }]))).code).toBe('InvalidParameterValue');
    expect((await refusal(tag([{ Key: 'k', Value: 'v'.repeat(257) }]))).code).toBe('InvalidParameterValue');
  });
});

describe('ModifyVolume', () => {
  test('grows a volume in states that DescribeVolumesModifications shows', async () => {
    const { clock, client, endpoint, VolumeId, modify } = await setUp({ modify: 3000, optimize: 60_000 });
    const shown = async () => {
      const look = new DescribeVolumesModificationsCommand({ VolumeIds: [VolumeId] });
      return (await client.send(look)).VolumesModifications?.[0];
    };
    expect((await refusal(shown())).code).toBe('InvalidVolumeModification.NotFound');
    await modify({ Size: 20 });
    expect(await shown()).toMatchObject({ ModificationState: 'modifying', OriginalSize: 10, TargetSize: 20 });
    expect(endpoint.volumes()[0]?.gib).toBe(10);
    await clock.advance(3000);
    expect(endpoint.volumes()[0]?.gib).toBe(20);
    expect((await refusal(modify({ Size: 30 }))).code).toBe('IncorrectModificationState');
    await clock.advance(60_000);
    expect(await shown()).toMatchObject({ ModificationState: 'completed', Progress: 100 });
  });

  test('is allowed four times a day, and never shrinks', async () => {
    const { clock, modify } = await setUp();
    expect((await refusal(modify({ Size: 9 }))).message).toBe(
      'New size cannot be smaller than existing size',
    );
    for (const Size of [11, 12, 13, 14]) {
      await modify({ Size });
      await clock.advance(1000);
    }
    expect((await refusal(modify({ Size: 15 }))).code).toBe('VolumeModificationRateExceeded');
    await clock.advance(24 * 3600_000);
    await modify({ Size: 15 });
  });
});

describe('snapshots', () => {
  test('become completed, and can create volumes of at least their size', async () => {
    const { clock, client, endpoint, VolumeId } = await setUp({ snapshot: 5000 });
    const Tags = [{ Key: 'Name', Value: 'last' }];
    const TagSpecifications = [{ ResourceType: 'snapshot' as const, Tags }];
    const made = await client.send(new CreateSnapshotCommand({ VolumeId, TagSpecifications }));
    const { SnapshotId = '' } = made;
    expect(made).toMatchObject({ State: 'pending', VolumeSize: 10, VolumeId, Tags });
    const create = (Size?: number) =>
      client.send(new CreateVolumeCommand({ AvailabilityZone: 'eu-central-1a', SnapshotId, Size }));
    expect((await refusal(create())).code).toBe('IncorrectState');
    await clock.advance(5000);
    expect((await refusal(create(9))).message).toContain('expect size >= 10GB');
    expect(await create()).toMatchObject({ Size: 10, SnapshotId });
    const Filters = [{ Name: 'tag:Name', Values: ['last'] }];
    const found = await client.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'], Filters }));
    expect(found.Snapshots).toMatchObject([{ SnapshotId, State: 'completed', Progress: '100%' }]);
    await client.send(new DeleteSnapshotCommand({ SnapshotId }));
    expect(endpoint.snapshots()).toEqual([]);
    expect((await refusal(create())).code).toBe('InvalidSnapshot.NotFound');
  });

  test('are at most five at once of a volume, and as many as the quota allows; progress is shown', async () => {
    const { clock, client, endpoint, VolumeId } = await setUp({ snapshot: 10_000 });
    const make = () => client.send(new CreateSnapshotCommand({ VolumeId }));
    const { SnapshotId = '' } = await make();
    await clock.advance(4000);
    const look = new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] });
    expect((await client.send(look)).Snapshots).toMatchObject([{ State: 'pending', Progress: '40%' }]);
    for (let count = 1; count < 5; count++) await make();
    expect((await refusal(make())).code).toBe('ConcurrentSnapshotLimitExceeded');
    await clock.advance(6000);
    await make();
    endpoint.rule({ snapshotQuota: 6 });
    expect((await refusal(make())).code).toBe('SnapshotLimitExceeded');
  });
});

describe('other requests', () => {
  test('return the attachment limit of an instance type', async () => {
    const { client } = await setUp();
    const ask = (name: string) =>
      client.send(new DescribeInstanceTypesCommand({ InstanceTypes: [name as 't3.micro'] }));
    expect((await ask('t3.micro')).InstanceTypes).toMatchObject([
      { Hypervisor: 'nitro', EbsInfo: { MaximumEbsAttachments: 28, AttachmentLimitType: 'shared' } },
    ]);
    expect((await refusal(ask('z9.huge'))).code).toBe('InvalidInstanceType');
  });

  test('return the zones, and the running instances', async () => {
    const { client, endpoint } = await setUp();
    const zones = await client.send(new DescribeAvailabilityZonesCommand({}));
    expect(zones.AvailabilityZones?.map(({ ZoneName }) => ZoneName)).toEqual(endpoint.zones);
    const [one, two] = [await endpoint.addInstance(), await endpoint.addInstance()];
    await two.setState('stopped');
    const status = async (input: object) => {
      const answer = await client.send(new DescribeInstanceStatusCommand(input));
      return answer.InstanceStatuses?.map(({ InstanceId, InstanceState }) => [
        InstanceId,
        InstanceState?.Name,
      ]);
    };
    expect(await status({})).toEqual([[one.id, 'running']]);
    expect(await status({ IncludeAllInstances: true })).toHaveLength(2);
  });
});

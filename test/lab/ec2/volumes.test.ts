import {
  CreateVolumeCommand,
  type CreateVolumeCommandInput,
  DeleteVolumeCommand,
  DescribeVolumesCommand,
  type EC2Client,
  paginateDescribeVolumes,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import { fullPages, raggedPages } from './api/paging.ts';
import { createClient, refusal } from './client.ts';
import { drivenClock } from './cloud/clock.ts';
import { useEndpoints } from './use-endpoint.ts';

const start = useEndpoints();
const zone = 'eu-central-1a';

function create(client: EC2Client, input: Partial<CreateVolumeCommandInput> = {}) {
  return client.send(
    new CreateVolumeCommand({ AvailabilityZone: zone, Size: 1, VolumeType: 'gp3', ...input }),
  );
}

describe('CreateVolume', () => {
  test('answers at once with a volume that becomes available later', async () => {
    const clock = drivenClock();
    const client = createClient(await start({ clock, delays: { create: 1500 } }));
    const made = await create(client, {
      TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'Name', Value: 'a & b <c>' }] }],
    });
    expect(made).toMatchObject({ State: 'creating', Size: 1, Iops: 3000, Throughput: 125 });
    expect(made).toMatchObject({ Tags: [{ Key: 'Name', Value: 'a & b <c>' }], AvailabilityZone: zone });
    await clock.advance(1499);
    const seen = () => client.send(new DescribeVolumesCommand({ VolumeIds: [made.VolumeId ?? ''] }));
    expect((await seen()).Volumes).toMatchObject([{ State: 'creating', Attachments: [] }]);
    await clock.advance(1);
    expect((await seen()).Volumes).toMatchObject([{ State: 'available' }]);
  });

  test('returns the same volume for the same token for twelve hours, even after its deletion', async () => {
    const clock = drivenClock();
    const endpoint = await start({ clock });
    const client = createClient(endpoint);
    const first = await create(client, { ClientToken: 'token' });
    expect((await create(client, { ClientToken: 'token' })).VolumeId).toBe(first.VolumeId);
    await clock.advance(0);
    await client.send(new DeleteVolumeCommand({ VolumeId: first.VolumeId }));
    await clock.advance(11 * 3600_000);
    expect(endpoint.volumes()).toEqual([]);
    expect((await create(client, { ClientToken: 'token' })).VolumeId).toBe(first.VolumeId);
    await clock.advance(3600_000);
    expect((await create(client, { ClientToken: 'token' })).VolumeId).not.toBe(first.VolumeId);
  });

  test('refuses the same token with different parameters', async () => {
    const client = createClient(await start());
    await create(client, { ClientToken: 'token' });
    const { code } = await refusal(create(client, { ClientToken: 'token', Size: 2 }));
    expect(code).toBe('IdempotentParameterMismatch');
  });

  test.each<[string, Partial<CreateVolumeCommandInput>, string, string]>([
    [
      'gp3 with too many IOPS per GiB',
      { Size: 20, Iops: 15_000 },
      'InvalidParameterValue',
      '750.000000 is too high; maximum is 500',
    ],
    [
      'io1 with too many IOPS per GiB',
      { Size: 4, VolumeType: 'io1', Iops: 400 },
      'InvalidParameterValue',
      'maximum is 50',
    ],
    ['io2 without IOPS', { Size: 4, VolumeType: 'io2' }, 'MissingParameter', 'iops'],
    ['gp3 with too few IOPS', { Iops: 100 }, 'InvalidParameterValue', 'minimum is 3000'],
    [
      'throughput beyond the IOPS',
      { Throughput: 1000 },
      'InvalidParameterValue',
      'ratio of 0.333333 is too high',
    ],
    ['gp2 with throughput', { VolumeType: 'gp2', Throughput: 125 }, 'InvalidParameterCombination', 'gp3'],
    ['too small an st1', { VolumeType: 'st1' }, 'InvalidParameterValue', 'minimum is 125GiB'],
    [
      'too large a standard',
      { VolumeType: 'standard', Size: 2000 },
      'InvalidParameterValue',
      'Volume of 2000GiB is too large for volume type standard; maximum is 1024GiB',
    ],
    ['an unknown zone', { AvailabilityZone: 'eu-central-1z' }, 'InvalidZone.NotFound', 'eu-central-1z'],
    ['a key without encryption', { KmsKeyId: 'alias/mine' }, 'InvalidParameterDependency', 'KmsKeyId'],
    ['neither size nor snapshot', { Size: undefined }, 'MissingParameter', 'size/snapshot'],
    [
      'an invalid snapshot ID',
      { SnapshotId: 'snap-0123456789abcdef0' },
      'InvalidSnapshot.NotFound',
      'snap-0',
    ],
  ])('refuses %s', async (_what, input, code, message) => {
    const refused = await refusal(create(createClient(await start()), input));
    expect(refused.code).toBe(code);
    expect(refused.message).toContain(message);
  });

  test('gives even a small gp3 volume the base 3000 IOPS', async () => {
    expect((await create(createClient(await start()), { Size: 1, Iops: 3000 })).Iops).toBe(3000);
  });

  test('refuses requests beyond the quota, even retries', async () => {
    const client = createClient(await start({ rules: { quotaGib: { gp3: 1 } } }));
    await create(client, { ClientToken: 'token' });
    expect((await refusal(create(client, { ClientToken: 'token' }))).code).toBe('VolumeLimitExceeded');
  });

  test('seems to succeed with a missing key, then the volume vanishes', async () => {
    const clock = drivenClock();
    const endpoint = await start({ clock, rules: { kmsKeys: [] } });
    await create(createClient(endpoint), { Encrypted: true, KmsKeyId: 'alias/none' });
    expect(endpoint.volumes()).toHaveLength(1);
    await clock.advance(0);
    expect(endpoint.volumes()).toEqual([]);
  });
});

describe('DescribeVolumes', () => {
  test('filters by tags and states, with wildcards, case-sensitively', async () => {
    const clock = drivenClock();
    const client = createClient(await start({ clock, pages: fullPages }));
    for (const name of ['data-1', 'data-2', 'Data-3', 'data*']) {
      await create(client, {
        TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'Name', Value: name }] }],
      });
    }
    await clock.advance(0);
    await create(client);
    const names = async (...filters: [string, ...string[]][]) => {
      const Filters = filters.map(([Name, ...Values]) => ({ Name, Values }));
      const { Volumes = [] } = await client.send(new DescribeVolumesCommand({ Filters }));
      return Volumes.map(({ Tags }) => Tags?.[0]?.Value);
    };
    expect(await names(['tag:Name', 'data-?'])).toEqual(['data-1', 'data-2']);
    expect(await names(['tag:Name', 'data\\*', 'Data-3'])).toEqual(['Data-3', 'data*']);
    expect(await names(['tag-key', 'Name'], ['status', 'available'])).toHaveLength(4);
    expect(await names(['status', 'creating'], ['availability-zone', zone])).toEqual([undefined]);
    const bad = refusal(
      client.send(new DescribeVolumesCommand({ Filters: [{ Name: 'colour', Values: ['x'] }] })),
    );
    expect(await bad).toEqual({ code: 'InvalidParameterValue', message: "The filter 'colour' is invalid" });
  });

  test('fails for all IDs if one is unknown', async () => {
    const client = createClient(await start());
    const { VolumeId = '' } = await create(client);
    const VolumeIds = [VolumeId, 'vol-0123456789abcdef0'];
    expect(await refusal(client.send(new DescribeVolumesCommand({ VolumeIds })))).toEqual({
      code: 'InvalidVolume.NotFound',
      message: "The volume 'vol-0123456789abcdef0' does not exist.",
    });
  });

  test('shows 1,001 volumes in pages', async () => {
    const endpoint = await start({ pages: fullPages });
    const client = createClient(endpoint);
    await endpoint.addVolumes(Array.from({ length: 1001 }, () => ({ tags: { Name: 'many' } })));
    const sizes: number[] = [];
    for await (const { Volumes } of paginateDescribeVolumes({ client, pageSize: 500 }, {})) {
      sizes.push(Volumes?.length ?? 0);
    }
    expect(sizes).toEqual([500, 500, 1]);
  });

  test('by default returns random short and empty pages, equal for the same seed', async () => {
    const sizesOf = async (seed: number) => {
      const endpoint = await start({ pages: raggedPages(seed) });
      const client = createClient(endpoint);
      await endpoint.addVolumes(Array.from({ length: 30 }, () => ({})));
      const sizes: number[] = [];
      for await (const { Volumes } of paginateDescribeVolumes({ client, pageSize: 5 }, {})) {
        sizes.push(Volumes?.length ?? 0);
      }
      return sizes;
    };
    const sizes = await sizesOf(7);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(30);
    expect(sizes).toEqual(expect.arrayContaining([0, 5]));
    expect(sizes.filter((size) => size > 0 && size < 5).length).toBeGreaterThan(0);
    expect(await sizesOf(7)).toEqual(sizes);
  });

  test('refuses pages for named volumes, pages smaller than five and invalid tokens', async () => {
    const client = createClient(await start());
    const { VolumeId = '' } = await create(client);
    const ask = (input: object) => refusal(client.send(new DescribeVolumesCommand(input)));
    expect((await ask({ VolumeIds: [VolumeId], MaxResults: 10 })).message).toBe(
      'The parameter volumeSet cannot be used with the parameter maxResults',
    );
    expect((await ask({ MaxResults: 4 })).code).toBe('InvalidParameterValue');
    expect((await ask({ NextToken: 'none' })).code).toBe('InvalidPaginationToken');
  });

  test('can lag behind, the tag index more than the rest', async () => {
    const clock = drivenClock();
    const endpoint = await start({ clock, pages: fullPages });
    const client = createClient(endpoint);
    endpoint.lag({ reads: 1000, tagIndex: 500 });
    const Tags = [{ Key: 'Name', Value: 'new' }];
    const { VolumeId = '' } = await create(client, { TagSpecifications: [{ ResourceType: 'volume', Tags }] });
    const byId = () => client.send(new DescribeVolumesCommand({ VolumeIds: [VolumeId] }));
    const byTag = async () => {
      const Filters = [{ Name: 'tag:Name', Values: ['new'] }];
      return (await client.send(new DescribeVolumesCommand({ Filters }))).Volumes?.length;
    };
    expect((await refusal(byId())).code).toBe('InvalidVolume.NotFound');
    await clock.advance(1000);
    expect((await byId()).Volumes).toHaveLength(1);
    expect(await byTag()).toBe(0);
    await clock.advance(500);
    expect(await byTag()).toBe(1);
  });
});

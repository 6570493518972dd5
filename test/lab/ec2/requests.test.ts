import {
  CreateVolumeCommand,
  DescribeVolumesCommand,
  DescribeVpcsCommand,
  DetachVolumeCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import { createClient, refusal } from './client.ts';
import { drivenClock } from './cloud/clock.ts';
import { useEndpoints } from './use-endpoint.ts';

const start = useEndpoints();
const list = new DescribeVolumesCommand({});
const wish = { AvailabilityZone: 'eu-central-1a', Size: 1 };

describe('authorization', () => {
  test('needs a key with the permission', async () => {
    const endpoint = await start();
    const reader = createClient(endpoint, endpoint.addKey(['ec2:Describe*']));
    await reader.send(list);
    expect((await refusal(reader.send(new CreateVolumeCommand(wish)))).code).toBe('UnauthorizedOperation');
    const stranger = { accessKeyId: 'AKIASTRANGER', secretAccessKey: 'none' };
    expect(await refusal(createClient(endpoint, stranger).send(list))).toEqual({
      code: 'AuthFailure',
      message: 'AWS was not able to validate the provided access credentials',
    });
    expect((await fetch(`${endpoint.url}/?Action=DescribeVolumes`)).status).toBe(401);
  });

  test('needs ec2:CreateTags for a create with tags', async () => {
    const endpoint = await start();
    const client = createClient(endpoint, endpoint.addKey(['ec2:CreateVolume']));
    await client.send(new CreateVolumeCommand(wish));
    const tagged = {
      ...wish,
      TagSpecifications: [{ ResourceType: 'volume' as const, Tags: [{ Key: 'k' }] }],
    };
    expect((await refusal(client.send(new CreateVolumeCommand(tagged)))).message).toContain('ec2:CreateTags');
  });

  test('is checked by a dry run', async () => {
    const client = createClient(await start());
    expect((await refusal(client.send(new DescribeVolumesCommand({ DryRun: true })))).code).toBe(
      'DryRunOperation',
    );
  });

  test('unknown actions are refused', async () => {
    const client = createClient(await start());
    expect((await refusal(client.send(new DescribeVpcsCommand({})))).code).toBe('InvalidAction');
  });
});

describe('faults', () => {
  test('apply to the given number of requests, and are logged', async () => {
    const endpoint = await start();
    const client = createClient(endpoint);
    endpoint.fail('DescribeVolumes', { kind: 'throttled' }, 2);
    for (const _time of [1, 2]) expect((await refusal(client.send(list))).code).toBe('RequestLimitExceeded');
    await client.send(list);
    expect(endpoint.requests('DescribeVolumes').map(({ result }) => result)).toEqual([
      'RequestLimitExceeded',
      'RequestLimitExceeded',
      'done',
    ]);
  });

  test('can lose the reply of a completed request; a retry with the same token gets it', async () => {
    const endpoint = await start();
    for (const as of ['cut', 'internal-error'] as const) {
      endpoint.fail('CreateVolume', { kind: 'reply-lost', as });
      const client = createClient(endpoint, endpoint.credentials, 2);
      const { VolumeId } = await client.send(new CreateVolumeCommand(wish));
      expect(endpoint.volumes().at(-1)?.id).toBe(VolumeId);
    }
    expect(endpoint.volumes()).toHaveLength(2);
    expect(endpoint.requests('CreateVolume')).toHaveLength(4);
  });

  test('can lose the request', async () => {
    const endpoint = await start();
    endpoint.fail('CreateVolume', { kind: 'not-received' });
    await expect(createClient(endpoint).send(new CreateVolumeCommand(wish))).rejects.toThrow();
    expect(endpoint.volumes()).toEqual([]);
  });

  test('can delay the answer, or never send it', async () => {
    const endpoint = await start();
    const client = createClient(endpoint);
    endpoint.fail('DescribeVolumes', { kind: 'unanswered' });
    await expect(client.send(list, { abortSignal: AbortSignal.timeout(300) })).rejects.toThrow('abort');
    endpoint.fail('DescribeVolumes', { kind: 'slow', milliseconds: 200 });
    const before = Date.now();
    await client.send(list);
    expect(Date.now() - before).toBeGreaterThanOrEqual(195);
  });

  test('can be any error of AWS', async () => {
    const endpoint = await start();
    const error = { code: 'SnapshotCreationPerVolumeRateExceeded', message: 'Too often.' };
    endpoint.fail('CreateVolume', { kind: 'error', ...error });
    endpoint.heal();
    endpoint.fail('CreateVolume', { kind: 'error', ...error });
    expect(await refusal(createClient(endpoint).send(new CreateVolumeCommand(wish)))).toEqual(error);
  });
});

describe('the request limit', () => {
  test('allows a burst, then twenty requests per second', async () => {
    const clock = drivenClock();
    const client = createClient(await start({ clock, throttle: 'shared' }));
    const passed = async (count: number) => {
      const results = await Promise.allSettled(Array.from({ length: count }, () => client.send(list)));
      return results.filter(({ status }) => status === 'fulfilled').length;
    };
    expect(await passed(120)).toBe(100);
    await clock.advance(1000);
    expect(await passed(30)).toBe(20);
  });

  test('is separate for each action, and lower for unfiltered lists', async () => {
    const clock = drivenClock();
    const client = createClient(await start({ clock, throttle: 'per-action' }));
    const passed = async (send: () => Promise<unknown>) => {
      const results = await Promise.allSettled(Array.from({ length: 110 }, send));
      const throttled = ({ reason }: PromiseRejectedResult) => reason.name === 'RequestLimitExceeded';
      return results.filter((result) => result.status === 'fulfilled' || !throttled(result)).length;
    };
    const paged = new DescribeVolumesCommand({ MaxResults: 500 });
    const detach = new DetachVolumeCommand({ VolumeId: 'vol-0123456789abcdef0' });
    expect(await passed(() => client.send(list))).toBe(50);
    expect(await passed(() => client.send(paged))).toBe(100);
    expect(await passed(() => client.send(new CreateVolumeCommand(wish)))).toBe(100);
    expect(await passed(() => client.send(detach))).toBe(50);
    await clock.advance(1000);
    expect(await passed(() => client.send(detach))).toBe(5);
  });
});

describe('a watcher', () => {
  test('is called before a request, and after it before the answer', async () => {
    const seen: string[] = [];
    const endpoint = await start({
      watch: ({ moment, action }) => {
        seen.push(`${moment} ${action}: ${endpoint.volumes().length}`);
        return undefined;
      },
    });
    const client = createClient(endpoint);
    expect(client).toBeInstanceOf(EC2Client);
    await client.send(new CreateVolumeCommand(wish));
    expect(seen).toEqual(['before CreateVolume: 0', 'after CreateVolume: 1']);
  });

  test('can drop the connection before or after the request has its effect', async () => {
    let when = 'before';
    const endpoint = await start({ watch: ({ moment }) => (moment === when ? 'drop' : undefined) });
    const create = () => createClient(endpoint).send(new CreateVolumeCommand(wish));
    await expect(create()).rejects.toThrow();
    expect(endpoint.volumes()).toEqual([]);
    when = 'after';
    await expect(create()).rejects.toThrow();
    expect(endpoint.volumes()).toHaveLength(1);
  });
});

import { setMaxListeners } from 'node:events';
import { expect, test } from '@jest/globals';
import { createEc2 } from '../../../src/backends/ebs/ec2/client.ts';
import type { Disk } from '../../../src/backends/ebs/ec2/ec2.ts';
import { everFilters, nameTag } from '../../../src/backends/ebs/record/filters.ts';
import { recordTags } from '../../../src/backends/ebs/record/tags.ts';
import { parseVolumeName } from '../../../src/core/names.ts';
import { fullPages } from '../../lab/ec2/api/paging.ts';
import type { Ec2Endpoint } from '../../lab/ec2/endpoint.ts';
import { useEndpoints } from '../../lab/ec2/use-endpoint.ts';
import { inTime } from '../../lab/in-time.ts';
import { diskVolume } from './disk/under-test.ts';

const open = useEndpoints();
const live = AbortSignal.timeout(600_000);
setMaxListeners(0, live);

/** The real SDK, with the rate limits used for AWS. */
async function connect({ url, region, credentials }: Ec2Endpoint) {
  const told: string[] = [];
  const onThrottled = (action: string, times: number) => void told.push(`${action} ${times}`);
  return { told, ec2: await createEc2({ region, endpoint: url, credentials, onThrottled }) };
}

/** The tags of the volume `v<index>`. */
function tagsOf(index: number) {
  const volume = { ...diskVolume(), name: parseVolumeName(`v${index}`), id: `${index}`.padStart(16, '0') };
  return recordTags({ driver: 'ebs', volume, isBlank: true });
}

const wishes = (count: number) => Array.from({ length: count }, (_, index) => ({ tags: tagsOf(index) }));
const actions = (endpoint: Ec2Endpoint) => endpoint.requests().map(({ action }) => action);

test('rule 12: a list of a thousand volumes is two requests', async () => {
  const endpoint = await open({ throttle: 'per-action', pages: fullPages });
  await endpoint.addVolumes(wishes(1000));
  const { ec2 } = await connect(endpoint);
  expect(await ec2.findVolumes(everFilters('ebs'), live)).toHaveLength(1000);
  expect(actions(endpoint)).toEqual(['DescribeVolumes', 'DescribeVolumes']);
});

test('rule 11: a hundred simultaneous look-ups of names, volumes or the instance are one request each', async () => {
  const endpoint = await open({ throttle: 'per-action', pages: fullPages });
  const volumes = await endpoint.addVolumes(wishes(100));
  const { id } = await endpoint.addInstance();
  const { ec2 } = await connect(endpoint);
  const named = await Promise.all(
    volumes.map((_, index) => ec2.findTagged(everFilters('ebs'), nameTag(`v${index}`), live)),
  );
  expect(named.map(([disk]) => disk?.id)).toEqual(volumes.map((volume) => volume.id));
  const looked = await Promise.all(volumes.map((volume) => ec2.volume(volume.id, live)));
  expect(looked.map((disk: Disk | undefined) => disk?.id)).toEqual(volumes.map((volume) => volume.id));
  const instances = await Promise.all(volumes.map(() => ec2.instance(id, live)));
  expect(new Set(instances.map((instance) => instance?.id))).toEqual(new Set([id]));
  expect(actions(endpoint)).toEqual(['DescribeVolumes', 'DescribeVolumes', 'DescribeInstances']);
});

test('1,500 names at once are eight requests, each within the limits of EC2', async () => {
  const endpoint = await open({ throttle: 'per-action', pages: fullPages });
  await endpoint.addVolumes(wishes(3));
  const { ec2 } = await connect(endpoint);
  const names = Array.from({ length: 1500 }, (_, index) => `v${index}`);
  const found = await Promise.all(
    names.map((name) => ec2.findTagged(everFilters('ebs'), nameTag(name), live)),
  );
  expect(names.filter((_, index) => found[index]?.length === 1)).toEqual(['v0', 'v1', 'v2']);
  expect(endpoint.requests().map(({ result }) => result)).toEqual(Array(8).fill('done'));
});

test("rule 13: permanent throttling ends at the caller's deadline, after few requests, and is logged once", async () => {
  const endpoint = await open();
  endpoint.fail('DeleteVolume', { kind: 'throttled' }, 1000);
  const { ec2, told } = await connect(endpoint);
  const deleting = () => ec2.deleteVolume('vol-0123456789abcdef0', AbortSignal.timeout(2_000));
  await expect(inTime(4_000, deleting)).rejects.toMatchObject({
    code: 'timeout',
    message: expect.stringContaining('RequestLimitExceeded'),
  });
  const refused = endpoint.requests('DeleteVolume').map(({ result }) => result);
  expect(new Set(refused)).toEqual(new Set(['RequestLimitExceeded']));
  // At 0, 200, 600 and 1400 ms.
  expect(refused.length).toBeLessThanOrEqual(4);
  // The last request may be answered after the deadline.
  const counted = ec2.throttled().get('DeleteVolume') ?? 0;
  expect([refused.length - 1, refused.length]).toContain(counted);
  expect(counted).toBeGreaterThan(0);
  expect(told).toEqual(['DeleteVolume 1']);
});

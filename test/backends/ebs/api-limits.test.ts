import { expect, test } from '@jest/globals';
import type { Disk } from '../../../src/backends/ebs/ec2.ts';
import { createEc2 } from '../../../src/backends/ebs/ec2-client.ts';
import { driverFilters, everFilters, nameTag, recordTags } from '../../../src/backends/ebs/tags.ts';
import { parseVolumeName } from '../../../src/core/names.ts';
import type { Ec2Endpoint } from '../../lab/ec2/endpoint.ts';
import { useEndpoints } from '../../lab/ec2/use-endpoint.ts';
import { diskVolume } from './disk-under-test.ts';

const open = useEndpoints();
const live = AbortSignal.timeout(600_000);

/** The real SDK, at the pace that AWS gets. */
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
  const endpoint = await open({ throttle: 'per-action' });
  await endpoint.addVolumes(wishes(1000));
  const { ec2 } = await connect(endpoint);
  expect(await ec2.findVolumes(driverFilters('ebs'), live)).toHaveLength(1000);
  expect(actions(endpoint)).toEqual(['DescribeVolumes', 'DescribeVolumes']);
});

test('rule 11: a hundred names, volumes and looks at the instance at once are one request each', async () => {
  const endpoint = await open({ throttle: 'per-action' });
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

test('rule 13: throttling without end ends at the deadline of the caller, after few requests, and is told once', async () => {
  const endpoint = await open();
  endpoint.fail('DeleteVolume', { kind: 'throttled' }, 1000);
  const { ec2, told } = await connect(endpoint);
  const began = performance.now();
  await expect(ec2.deleteVolume('vol-0123456789abcdef0', AbortSignal.timeout(2_000))).rejects.toMatchObject({
    code: 'timeout',
    message: expect.stringContaining('RequestLimitExceeded'),
  });
  expect(performance.now() - began).toBeLessThan(4_000);
  const refused = endpoint.requests('DeleteVolume').map(({ result }) => result);
  expect(new Set(refused)).toEqual(new Set(['RequestLimitExceeded']));
  // At 0, 200, 600 and 1400 ms.
  expect(refused.length).toBeLessThanOrEqual(4);
  expect(ec2.throttled().get('DeleteVolume')).toBe(refused.length);
  expect(told).toEqual(['DeleteVolume 1']);
});

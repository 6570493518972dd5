import { setMaxListeners } from 'node:events';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ec2Actions } from '../../../../src/backends/ebs/ec2/actions.ts';
import { createEc2, type Ec2Parts } from '../../../../src/backends/ebs/ec2/client.ts';
import type { Ec2 } from '../../../../src/backends/ebs/ec2/ec2.ts';
import { awsLimits, noLimits } from '../../../../src/backends/ebs/ec2/rate-limits.ts';
import { fullPages } from '../../../lab/ec2/api/paging.ts';
import { createEc2Endpoint, type Ec2Endpoint, type Ec2Settings } from '../../../lab/ec2/endpoint.ts';

const forever = new AbortController().signal;
setMaxListeners(0, forever);
let endpoint: Ec2Endpoint | undefined;

afterEach(() => endpoint?.close());

async function subject(settings: Ec2Settings = {}, parts: Partial<Ec2Parts> = {}) {
  endpoint = await createEc2Endpoint(settings);
  const { url, region, credentials, zones } = endpoint;
  const ec2 = await createEc2({ region, endpoint: url, credentials, limits: noLimits, ...parts });
  const instance = await endpoint.addInstance();
  return { endpoint, ec2, instance, zone: zones[0] ?? '' };
}

const make = (ec2: Ec2, zone: string, token: string) =>
  ec2.createVolume({ zone, sizeGiB: 1, type: 'gp3', tags: { 'holdfast:name': token } }, token, forever);

async function makeMany(ec2: Ec2, zone: string, count: number): Promise<readonly string[]> {
  const disks = await Promise.all(Array.from({ length: count }, (_, at) => make(ec2, zone, `v${at}`)));
  return disks.map(({ id }) => id);
}

describe('the client of EC2', () => {
  test('rule 10: reads all pages of 1,001 volumes', async () => {
    const { ec2, endpoint, zone } = await subject({ pages: fullPages });
    await makeMany(ec2, zone, 1001);
    endpoint.clearRequests();
    const found = await ec2.findVolumes({ 'tag-key': ['holdfast:name'] }, forever);
    expect(new Set(found.map(({ id }) => id)).size).toBe(1001);
    expect(endpoint.requests('DescribeVolumes')).toHaveLength(3);
  });

  test('rule 11: asks for many volumes in one request', async () => {
    const { ec2, endpoint, zone } = await subject();
    const ids = await makeMany(ec2, zone, 50);
    endpoint.clearRequests();
    const found = await Promise.all([...ids, 'vol-0000000000000dead'].map((id) => ec2.volume(id, forever)));
    expect(found.map((disk) => disk?.id)).toEqual([...ids, undefined]);
    expect(endpoint.requests('DescribeVolumes').length).toBeLessThanOrEqual(14);
    endpoint.clearRequests();
    await Promise.all([...ids, 'vol-0000000000000dead'].map((id) => ec2.volume(id, forever)));
    expect(endpoint.requests('DescribeVolumes')).toHaveLength(2);
  });
  test('reports a malformed ID only to the caller that asked for it', async () => {
    const { ec2, zone } = await subject();
    const [id = ''] = await makeMany(ec2, zone, 1);
    const [good, bad] = await Promise.allSettled([id, 'nonsense'].map((one) => ec2.volume(one, forever)));
    expect(good).toMatchObject({ value: { id } });
    expect(bad).toMatchObject({ reason: { name: 'Ec2Error', action: 'DescribeVolumes' } });
  });

  test.each(['cut', 'internal-error'] as const)(
    'creates one volume if the answer to the first request was lost (%s)',
    async (as) => {
      const { ec2, endpoint, zone } = await subject();
      endpoint.fail('CreateVolume', { kind: 'reply-lost', as });
      const { id } = await make(ec2, zone, 't');
      expect(endpoint.volumes().map((volume) => volume.id)).toEqual([id]);
      expect(ec2.requests().get('CreateVolume')).toBe(2);
    },
  );
  test('makes one snapshot if the answer was lost, although EC2 accepts no token for it', async () => {
    const { ec2, endpoint, zone } = await subject();
    const [id = ''] = await makeMany(ec2, zone, 1);
    endpoint.fail('CreateSnapshot', { kind: 'reply-lost', as: 'cut' });
    const { id: snapshotId } = await ec2.createSnapshot(id, 'a test', { 'holdfast:id': '1' }, forever);
    expect(endpoint.snapshots().map((snapshot) => snapshot.id)).toEqual([snapshotId]);
  });
  test.each(['cut', 'internal-error'] as const)(
    'changes a volume once if the answer was lost (%s), although EC2 accepts no token for it',
    async (as) => {
      const { ec2, endpoint, zone } = await subject();
      const [id = ''] = await makeMany(ec2, zone, 1);
      endpoint.fail('ModifyVolume', { kind: 'reply-lost', as });
      expect(await ec2.modifyVolume(id, { sizeGiB: 9 }, forever)).toMatchObject({ target: { sizeGiB: 9 } });
      expect(endpoint.volumes().map(({ gib, modified }) => [gib, modified.length])).toEqual([[9, 1]]);
    },
  );
  test('deletes a snapshot repeatedly, and after a lost answer', async () => {
    const { ec2, endpoint, zone } = await subject();
    const [id = ''] = await makeMany(ec2, zone, 1);
    const made = await ec2.createSnapshot(id, 'a test', {}, forever);
    endpoint.fail('DeleteSnapshot', { kind: 'reply-lost', as: 'cut' });
    for (let time = 0; time < 2; time++) await ec2.deleteSnapshot(made.id, forever);
    expect(endpoint.snapshots()).toEqual([]);
  });
  test.each(['AttachVolume', 'DetachVolume', 'DeleteVolume', 'CreateTags', 'DeleteTags'])(
    '%s succeeds once, twice, and after a lost answer',
    async (action) => {
      const { ec2, endpoint, instance, zone } = await subject();
      const [id = ''] = await makeMany(ec2, zone, 1);
      const attached = async () => (await ec2.volume(id, forever))?.attachments.length;
      endpoint.fail(action, { kind: 'reply-lost', as: 'cut' });
      await ec2.setTags([id], { a: 'b' }, forever);
      await ec2.removeTags([id], ['a'], forever);
      await ec2.attach(id, instance.id, '/dev/xvdba', forever);
      expect(await attached()).toBe(1);
      await ec2.detach(id, instance.id, undefined, forever);
      while ((await attached()) !== 0);
      await ec2.deleteVolume(id, forever);
      expect(ec2.requests().get(action)).toBe(2);
    },
  );
  test('rule 20: a detach names the instance and is never forced', async () => {
    const { ec2, endpoint, instance, zone } = await subject();
    const [id = ''] = await makeMany(ec2, zone, 1);
    await ec2.attach(id, instance.id, '/dev/xvdba', forever);
    await ec2.detach(id, instance.id, undefined, forever);
    const [{ parameters } = { parameters: {} }] = endpoint.requests('DetachVolume');
    expect(parameters).toMatchObject({ VolumeId: id, InstanceId: instance.id });
    expect(parameters).not.toHaveProperty('Force');
  });
  test('rule 8: encryption and its key are in the request that creates the volume', async () => {
    const { ec2, endpoint, zone } = await subject();
    const wanted = {
      zone,
      sizeGiB: 1,
      type: 'gp3',
      encrypted: true,
      kmsKeyId: 'alias/ours',
      tags: {},
    } as const;
    await ec2.createVolume(wanted, 't', forever);
    expect(endpoint.requests('CreateVolume')[0]?.parameters).toMatchObject({
      Encrypted: 'true',
      KmsKeyId: 'alias/ours',
    });
  });
  test('a request that is lost, or whose answer is lost, is sent again', async () => {
    const { ec2, endpoint, zone } = await subject({}, { requestTimeout: 300 });
    endpoint.fail('CreateVolume', { kind: 'not-received' });
    endpoint.fail('DescribeVolumes', { kind: 'unanswered' });
    const { id } = await make(ec2, zone, 't');
    expect((await ec2.volume(id, forever))?.id).toBe(id);
  });

  test('rule 13: continues when it is throttled, and counts that', async () => {
    const { ec2, endpoint, zone } = await subject();
    endpoint.fail('CreateVolume', { kind: 'throttled' }, 3);
    await make(ec2, zone, 't');
    expect(ec2.throttled().get('CreateVolume')).toBe(3);
  });
  test('ends at the deadline of its caller', async () => {
    const { ec2, endpoint, zone } = await subject();
    endpoint.fail('CreateVolume', { kind: 'throttled' }, 1000);
    const wanted = { zone, sizeGiB: 1, type: 'gp3', tags: {} } as const;
    const outcome = ec2.createVolume(wanted, 't', AbortSignal.timeout(500));
    await expect(outcome).rejects.toMatchObject({ code: 'timeout', message: /RequestLimitExceeded/ });
  });
  test.each(['per-action', 'shared'] as const)(
    "rule 12: is never throttled at AWS's limits, %s",
    async (throttle) => {
      const { ec2, zone } = await subject({ throttle }, { limits: awsLimits });
      await makeMany(ec2, zone, 110);
      expect(ec2.throttled().size).toBe(0);
    },
  );

  test('names the permission that is missing', async () => {
    const { endpoint, ec2, instance, zone } = await subject();
    const [id = ''] = await makeMany(ec2, zone, 1);
    const credentials = endpoint.addKey(['ec2:Describe*']);
    const { url, region } = endpoint;
    const weak = await createEc2({ region, endpoint: url, credentials });
    await expect(weak.attach(id, instance.id, '/dev/xvdba', forever)).rejects.toMatchObject({
      code: 'UnauthorizedOperation',
      message: expect.stringContaining("the IAM policy of this host's role lacks `ec2:AttachVolume`"),
    });
  });
  test('refuses answers that are not from an EC2 endpoint', async () => {
    const ec2 = await createEc2({
      region: 'eu-test-1',
      endpoint: 'http://127.0.0.1:1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    await expect(ec2.volume('vol-1', AbortSignal.timeout(60_000))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/http:\/\/127\.0\.0\.1:1 cannot be reached/),
    });
  });

  test('sends only requests of the list of actions', async () => {
    const { ec2, endpoint, instance, zone } = await subject();
    const { id } = await make(ec2, zone, 't');
    await ec2.attach(id, instance.id, '/dev/xvdba', forever);
    await ec2.instance(instance.id, forever);
    await ec2.attachLimit('m5.large', forever);
    const snapshot = await ec2.createSnapshot(id, 'a test', {}, forever);
    const source = { region: endpoint.region, snapshotId: snapshot.id };
    await ec2.copySnapshot(source, 'a copy', { 'holdfast:id': '1' }, forever);
    await ec2.modifyVolume(id, { sizeGiB: 2 }, forever);
    await ec2.modification(id, forever);
    await ec2.snapshot(snapshot.id, forever);
    await ec2.setTags([id], { a: 'b' }, forever);
    await ec2.removeTags([id], ['a'], forever);
    await ec2.detach(id, instance.id, undefined, forever);
    while ((await ec2.volume(id, forever))?.attachments.length !== 0);
    await ec2.deleteSnapshot(snapshot.id, forever);
    await ec2.deleteVolume(id, forever);
    const seen = endpoint.requests().map(({ action }) => action);
    expect([...new Set(seen)].sort()).toEqual([...ec2Actions].sort());
    expect([...ec2.requests().keys()].sort()).toEqual([...ec2Actions].sort());
  });
});

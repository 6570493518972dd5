import { describe, expect, test } from '@jest/globals';
import { parseVolumeName } from '../../../src/core/names.ts';
import { createFakeCloud } from '../../fakes/ec2/fake-ec2.ts';
import { createFakeHost, createFakeState } from '../../fakes/host/fake-host.ts';
import type { Ec2Settings } from '../../lab/ec2/endpoint.ts';
import { useEndpoints } from '../../lab/ec2/use-endpoint.ts';
import { type HostParts, live, openHost } from './hosts.ts';
import { backendOnInstance } from './on-endpoint.ts';

const open = useEndpoints();
const key = 'arn:aws:kms:eu-central-1:123456789012:key/0123abcd-0123-0123-0123-0123456789ab';
const db = parseVolumeName('db');

async function oneHost(parts: HostParts = {}) {
  const cloud = createFakeCloud();
  return { cloud, a: await openHost(cloud, 'i-a', parts) };
}

/** A daemon over the real SDK. */
async function onEndpoint(settings: Ec2Settings) {
  const endpoint = await open(settings);
  const backend = backendOnInstance(endpoint, await endpoint.addInstance(), {
    settings: {},
    defaults: {},
    profiles: {},
    host: createFakeHost(createFakeState()),
    log: { enabled: () => false, write: () => undefined },
    audit: () => undefined,
  });
  return { endpoint, backend };
}

describe('a volume whose KMS key may not be used', () => {
  test.each(['gone', 'error'] as const)(
    'fails with an error that names the key, not as a deleted volume (%s)',
    async (refusal) => {
      const { cloud, a } = await oneHost();
      cloud.kms = { keys: [], refusal };
      for (const kmsKeyId of ['alias/none', key]) {
        const error: unknown = await a.create('db', { kmsKeyId }).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({
          code: 'failed',
          message: expect.stringMatching(
            new RegExp(
              `^Volume db could not be created: EC2 gave up vol-\\w+ .*the KMS key ${kmsKeyId} does not exist, is disabled, or may not be used`,
            ),
          ),
        });
        expect(String(error)).not.toMatch(/somebody deleted/);
        const plan = a.backend.plan(parseVolumeName('db'), { kmsKeyId });
        await a.backend.discard(plan, live);
        cloud.volumes.clear();
      }
      // With a usable key, the name can be used at once, although EC2 remembers the failed request.
      cloud.kms = { keys: ['alias/ours'], refusal };
      const before = a.waited();
      await a.create('db', { kmsKeyId: 'alias/ours' });
      expect(a.waited() - before).toBeLessThan(5_000);
    },
  );

  test('fails with the key that EC2 chose if the caller named none', async () => {
    const { cloud, a } = await oneHost({
      around: async (call, run) => {
        const answer = await run();
        if (call.action !== 'CreateVolume') return answer;
        cloud.volumes.clear();
        return Object.assign(Object(answer), { encrypted: true, kmsKeyId: key });
      },
    });
    await expect(a.create('db')).rejects.toThrow(new RegExp(`the KMS key ${key} does not exist`));
  });

  test.each(['gone', 'error'] as const)(
    'fails in the same way over the real SDK and the endpoint (%s)',
    async (kmsRefusal) => {
      const { backend } = await onEndpoint({ rules: { kmsKeys: [], kmsRefusal } });
      const plan = backend.plan(db, { size: '1', kmsKeyId: 'alias/none' });
      await expect(backend.create(plan, live)).rejects.toMatchObject({
        code: 'failed',
        message: expect.stringMatching(/EC2 gave up vol-\w+ .*the KMS key alias\/none does not exist/),
      });
    },
  );
});

describe('rule 4, error code VolumeLimitExceeded:', () => {
  test('the limit is reported at once, after one look-up of the name', async () => {
    const { cloud, a } = await oneHost();
    cloud.limits.volumes = 0;
    const plan = a.backend.plan(db, { size: '1' });
    const from = cloud.log.length;
    await expect(a.backend.create(plan, live)).rejects.toMatchObject({ code: 'unavailable' });
    expect(a.waited()).toBe(0);
    const actions = cloud.log.slice(from).map((entry) => entry.split(' ')[0]);
    expect(actions).toEqual(['DescribeVolumes', 'CreateVolume', 'DescribeVolumes']);
  });
  test('the same is true over the real SDK and the endpoint', async () => {
    const { backend, endpoint } = await onEndpoint({ rules: { quotaGib: { gp3: 0 } } });
    await expect(backend.create(backend.plan(db, { size: '1' }), live)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/a quota of the account is used up .*VolumeLimitExceeded/),
    });
    expect(endpoint.requests('CreateVolume')).toHaveLength(1);
  });
  test('if the answer was lost and the retry meets the limit because of its own volume, that volume is found', async () => {
    const { backend, endpoint } = await onEndpoint({ rules: { quotaGib: { gp3: 9 } } });
    endpoint.fail('CreateVolume', { kind: 'reply-lost', as: 'cut' });
    endpoint.lag({ tagIndex: 200 });
    const plan = backend.plan(db, { size: '1' });
    expect(await backend.create(plan, live)).toEqual(plan);
    expect(endpoint.requests('CreateVolume').map(({ result }) => result)).toEqual([
      'done',
      'VolumeLimitExceeded',
    ]);
    expect(endpoint.volumes()).toHaveLength(1);
  });
});

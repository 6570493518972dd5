import { DescribeVolumesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import { createClient, refusal } from './client.ts';
import { drivenClock } from './cloud/clock.ts';
import { useEndpoints } from './use-endpoint.ts';

const start = useEndpoints();
const ttl = 'X-aws-ec2-metadata-token-ttl-seconds';

async function tokenFrom(url: string, seconds = '60', within = 100_000): Promise<Response> {
  const headers = { [ttl]: seconds };
  return fetch(`${url}/latest/api/token`, { method: 'PUT', headers, signal: AbortSignal.timeout(within) });
}

async function read(url: string, path: string, token?: string): Promise<Response> {
  const headers = token === undefined ? {} : { 'X-aws-ec2-metadata-token': token };
  return fetch(`${url}/latest/${path}`, { headers });
}

describe('the metadata service of an instance', () => {
  test('describes the instance for requests with a token', async () => {
    const endpoint = await start();
    const { imdsUrl, id } = await endpoint.addInstance({ zone: 'eu-central-1b', type: 't3.micro' });
    const token = await (await tokenFrom(imdsUrl)).text();
    const text = async (path: string) => (await read(imdsUrl, path, token)).text();
    expect(await text('meta-data/placement/region')).toBe('eu-central-1');
    expect(await text('meta-data/placement/availability-zone')).toBe('eu-central-1b');
    expect(await text('meta-data/instance-id')).toBe(id);
    expect(await text('meta-data/instance-type')).toBe('t3.micro');
    expect(await text('meta-data/iam/security-credentials/')).toBe('lab-role');
    expect((await read(imdsUrl, 'meta-data/none', token)).status).toBe(404);
  });

  test('requires a valid token', async () => {
    const clock = drivenClock();
    const { imdsUrl } = await (await start({ clock })).addInstance();
    expect((await read(imdsUrl, 'meta-data/instance-id')).status).toBe(401);
    expect((await read(imdsUrl, 'meta-data/instance-id', 'made-up')).status).toBe(401);
    const token = await (await tokenFrom(imdsUrl, '60')).text();
    await clock.advance(59_999);
    expect((await read(imdsUrl, 'meta-data/instance-id', token)).status).toBe(200);
    await clock.advance(1);
    expect((await read(imdsUrl, 'meta-data/instance-id', token)).status).toBe(401);
    expect((await tokenFrom(imdsUrl, '21601')).status).toBe(400);
  });

  test('does not answer token requests beyond the hop limit', async () => {
    const instance = await (await start()).addInstance({ hopLimit: 1 });
    instance.setHops(2);
    await expect(tokenFrom(instance.imdsUrl, '60', 500)).rejects.toThrow('timeout');
    instance.setHops(1);
    expect((await tokenFrom(instance.imdsUrl)).status).toBe(200);
  });

  test('provides the keys for the SDK', async () => {
    const endpoint = await start();
    const { imdsUrl } = await endpoint.addInstance();
    const before = { ...process.env };
    // Without other credentials, but with what the tests tell the SDK (jest.config.js).
    const kept = Object.entries(before).filter(([name]) => !/^AWS_(?!SDK_JS_)/.test(name));
    const own = { HOME: '/none', AWS_EC2_METADATA_SERVICE_ENDPOINT: imdsUrl };
    process.env = { ...Object.fromEntries(kept), ...own };
    try {
      const client = new EC2Client({ endpoint: endpoint.url, region: endpoint.region });
      expect((await client.send(new DescribeVolumesCommand({}))).Volumes).toHaveLength(1);
    } finally {
      process.env = before;
    }
  });

  test("provides the keys of the instance's role, with the permissions of its policy", async () => {
    const endpoint = await start();
    const { imdsUrl } = await endpoint.addInstance({ allow: ['ec2:CreateVolume'] });
    const token = await (await tokenFrom(imdsUrl)).text();
    const path = 'meta-data/iam/security-credentials/lab-role';
    const keys: unknown = await (await read(imdsUrl, path, token)).json();
    expect(keys).toMatchObject({ Code: 'Success', AccessKeyId: expect.stringMatching(/^ASIA/) });
    const { AccessKeyId = '', SecretAccessKey = '', Token = '' } = Object(keys);
    const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token };
    const list = (as: typeof credentials) => createClient(endpoint, as).send(new DescribeVolumesCommand({}));
    expect(await refusal(list(credentials))).toMatchObject({
      code: 'UnauthorizedOperation',
      message: expect.stringContaining('is not authorized to perform: ec2:DescribeVolumes'),
    });
    expect((await refusal(list({ ...credentials, sessionToken: 'other' }))).code).toBe('AuthFailure');
  });
});

import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createWhereabouts } from '../../../../src/backends/ebs/ec2/instance-identity.ts';
import { createEc2Endpoint } from '../../../lab/ec2/endpoint.ts';

const forever = new AbortController().signal;
const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

async function instance() {
  const endpoint = await createEc2Endpoint();
  cleanUps.push(() => endpoint.close());
  return endpoint.addInstance({ hopLimit: 1 });
}

/** A metadata service with these answers. */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

interface Asked {
  readonly region?: string;
  readonly availabilityZone?: string;
  readonly instanceId?: string;
  readonly patience?: number;
}

function find(endpoint: string, { patience = 2000, ...set }: Asked = {}) {
  return createWhereabouts({ ...set, service: { endpoint, patience } });
}

const all = { region: 'eu-test-1', availabilityZone: 'eu-test-1a', instanceId: 'i-0123' };
const failing = (message: RegExp) => ({ code: 'unavailable', message: expect.stringMatching(message) });

describe('rule 28: where this host is', () => {
  test('comes from the instance metadata, by IMDSv2', async () => {
    const { id, zone, imdsUrl } = await instance();
    expect(await find(imdsUrl)(forever)).toEqual({ region: zone.slice(0, -1), zone, instanceId: id });
  });
  test('comes from the settings if they have it', async () => {
    const { id, imdsUrl } = await instance();
    const set = { region: 'eu-test-1', availabilityZone: 'eu-test-1a' };
    expect(await find(imdsUrl, set)(forever)).toEqual({
      region: 'eu-test-1',
      zone: 'eu-test-1a',
      instanceId: id,
    });
  });
  test('needs no request if the settings have all of it', async () => {
    const found = await find('http://127.0.0.1:1', all)(forever);
    expect(found).toEqual({ region: 'eu-test-1', zone: 'eu-test-1a', instanceId: 'i-0123' });
  });

  test('is requested once for all callers, and always with a token', async () => {
    const requests: string[] = [];
    const url = await serve((request, response) => {
      requests.push(`${request.method} ${request.url}`);
      if (request.method === 'PUT') return void response.end('the-token');
      expect(request.headers['x-aws-ec2-metadata-token']).toBe('the-token');
      response.end(request.url?.endsWith('instance-id') ? 'i-0123' : 'eu-test-1');
    });
    const look = find(url);
    await Promise.all([look(forever), look(forever)]);
    await look(forever);
    expect(requests).toEqual([
      'PUT /latest/api/token',
      'GET /latest/meta-data/placement/region',
      'GET /latest/meta-data/placement/availability-zone',
      'GET /latest/meta-data/instance-id',
    ]);
  });

  test('in a container with too small a hop limit, the error says exactly that', async () => {
    const host = await instance();
    host.setHops(2);
    await expect(find(host.imdsUrl, { patience: 1_000 })(forever)).rejects.toMatchObject(
      failing(
        /its token never comes: in a container the hop limit must be at least 2\. .*--http-put-response-hop-limit 2/,
      ),
    );
  });
  test('is requested again after a failure', async () => {
    const host = await instance();
    host.setHops(2);
    const look = find(host.imdsUrl, { patience: 1_000 });
    await expect(look(forever)).rejects.toMatchObject({ code: 'unavailable' });
    host.setHops(1);
    expect(await look(forever)).toMatchObject({ instanceId: host.id });
  });

  test('without a metadata service, the error names the settings to use instead', async () => {
    await expect(find('http://127.0.0.1:1')(forever)).rejects.toMatchObject(
      failing(
        /no instance metadata service .*not an EC2 instance.*`region`, `availabilityZone` and `instanceId`/,
      ),
    );
  });
  test('if nothing answers at all, the error does not blame the hop limit', async () => {
    const url = await serve(() => undefined);
    await expect(find(url, { patience: 100 })(forever)).rejects.toMatchObject(
      failing(/^There is no instance metadata service/),
    );
  });
  test('if the service is turned off, the error says how to turn it on', async () => {
    const url = await serve((_, response) => void response.writeHead(403).end());
    await expect(find(url)(forever)).rejects.toMatchObject(
      failing(/403; it is turned off .*--http-endpoint enabled/),
    );
  });
  test('never falls back to version 1', async () => {
    const url = await serve((request, response) => {
      if (request.method === 'PUT') return void response.writeHead(405).end();
      response.end('i-0123');
    });
    await expect(find(url)(forever)).rejects.toMatchObject(failing(/405; it does not support IMDSv2/));
  });
  test('is never guessed from an answer that makes no sense', async () => {
    const url = await serve((_, response) => void response.end('<html>'));
    await expect(find(url)(forever)).rejects.toMatchObject(
      failing(/did not tell placement\/region \(it answered "<html>"\): set `region`/),
    );
  });
  test('is not read from the target of a redirect', async () => {
    const { imdsUrl } = await instance();
    const url = await serve(
      (request, response) => void response.writeHead(307, { Location: `${imdsUrl}${request.url}` }).end(),
    );
    await expect(find(url)(forever)).rejects.toMatchObject({ code: 'unavailable' });
  });
  test('does not delay a caller beyond its deadline', async () => {
    const url = await serve(() => undefined);
    const look = find(url, { patience: 500 })(AbortSignal.timeout(20));
    await expect(look).rejects.toMatchObject({ code: 'timeout' });
  });
});

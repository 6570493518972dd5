import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { ebsBackend } from '../../../src/backends/ebs/definition.ts';
import { ec2Actions } from '../../../src/backends/ebs/ec2/actions.ts';
import { createEc2 } from '../../../src/backends/ebs/ec2/client.ts';
import { clockFinding } from '../../../src/backends/shared/clock-finding.ts';
import { createFakeCloud } from '../../fakes/ec2/fake-ec2.ts';
import { createFakeHost, createFakeState } from '../../fakes/host/fake-host.ts';
import { openBackend } from '../../fakes/open-backend.ts';
import { useEndpoints } from '../../lab/ec2/use-endpoint.ts';
import { live, openHost } from './hosts.ts';

const start = useEndpoints();

async function clientWith(allow: readonly string[]) {
  const endpoint = await start();
  const { id, zone } = await endpoint.addInstance();
  const { region, url } = endpoint;
  const ec2 = await createEc2({ region, endpoint: url, credentials: endpoint.addKey(allow) });
  const allowed: boolean[] = [];
  for (const action of ec2Actions) allowed.push(await ec2.mayDo(action, { instanceId: id, zone }, live));
  return { allowed, endpoint };
}

describe('a dry run', () => {
  test('of every action is allowed with all permissions, and has no effect', async () => {
    const { allowed, endpoint } = await clientWith(['ec2:*']);
    expect(allowed).toEqual(ec2Actions.map(() => true));
    const ec2 = await createEc2({
      region: endpoint.region,
      endpoint: endpoint.url,
      credentials: endpoint.addKey(['ec2:*']),
    });
    // Only the disk that the instance was started from.
    expect(await ec2.findVolumes({}, live)).toHaveLength(1);
  });

  test.each(ec2Actions)('reports exactly %s as missing', async (missing) => {
    const allow = ec2Actions.filter((action) => action !== missing).map((action) => `ec2:${action}`);
    const { allowed } = await clientWith(allow);
    const refused = ec2Actions.filter((_, index) => allowed[index] === false);
    expect(refused).toContain(missing);
    expect(refused.filter((action) => action !== missing)).toEqual([]);
  });
});

describe('what the EBS backend reports about itself', () => {
  test('is the place of the host, its permissions, and its number of disks', async () => {
    const cloud = createFakeCloud();
    const host = await openHost(cloud, 'i-a');
    const found = await host.backend.diagnose(live);
    expect(found.map(({ level, subject }) => `${subject} ${level}`)).toEqual([
      'instance ok',
      'IAM ok',
      'disks ok',
    ]);
  });

  test('includes each missing permission', async () => {
    const cloud = createFakeCloud();
    const host = await openHost(cloud, 'i-a');
    cloud.forbidden.add('AttachVolume');
    expect(await host.backend.diagnose(live)).toContainEqual({
      level: 'failure',
      subject: 'IAM',
      evidence: 'The role of this host is not allowed ec2:AttachVolume.',
      mend: 'Add ec2:AttachVolume to its policy: docs/backends/ebs.md has the whole of it.',
    });
  });

  test('includes a warning when the instance has no room for another disk', async () => {
    const cloud = createFakeCloud();
    const host = await openHost(cloud, 'i-a');
    cloud.limits.attachments = 0;
    expect(await host.backend.diagnose(live)).toContainEqual(
      expect.objectContaining({ level: 'warning', subject: 'disks' }),
    );
  });

  test.each([
    [0, 'ok', 'agree'],
    [-4 * 60_000, 'warning', 'ahead of that of EC2'],
    [3 * 60_000, 'warning', 'behind that of EC2'],
  ])('tells by an answer whose date differs by %s ms how the clocks do', async (off, level, evidence) => {
    const endpoint = await start();
    const server = createServer((asked, answer) => {
      const { headers, method, url } = asked;
      const { hostname, port } = new URL(endpoint.url);
      const passed = request({ hostname, port, path: url, method, headers }, (found) => {
        const date = new Date(Date.now() + off).toUTCString();
        answer.writeHead(found.statusCode ?? 500, { ...found.headers, date });
        found.pipe(answer);
      });
      asked.pipe(passed);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const ec2 = await createEc2({
        region: endpoint.region,
        endpoint: `http://127.0.0.1:${Object(server.address()).port}`,
        credentials: endpoint.addKey(['ec2:*']),
      });
      expect(ec2.clock()).toBeUndefined();
      await ec2.findVolumes({}, live);
      const found = ec2.clock();
      expect(found && clockFinding('EC2', found)).toMatchObject({
        level,
        evidence: expect.stringContaining(evidence),
      });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('includes missing metadata, with the settings to use instead', async () => {
    const endpoint = await start();
    const backend = openBackend(ebsBackend, {
      driver: 'ebs',
      workDir: '/work',
      witnesses: new Map(),
      settings: { endpoint: endpoint.url, metadataEndpoint: 'http://127.0.0.1:1' },
      defaults: {},
      profiles: {},
      host: createFakeHost(createFakeState()),
      log: { enabled: () => false, write: () => undefined },
      audit: () => undefined,
    });
    const [found, ...more] = await backend.diagnose(live);
    expect(more).toEqual([]);
    expect(found).toMatchObject({
      level: 'failure',
      subject: 'EC2',
      evidence: expect.stringContaining('There is no instance metadata service at http://127.0.0.1:1'),
    });
    await backend.close();
  });
});

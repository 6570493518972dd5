import { afterEach, describe, expect, test } from '@jest/globals';
import type { Backend } from '../../../src/backends/backend.ts';
import { defineEbs } from '../../../src/backends/ebs/definition.ts';
import { createEc2, type Ec2Parts } from '../../../src/backends/ebs/ec2/client.ts';
import type { EbsSurroundings } from '../../../src/backends/ebs/surroundings.ts';
import { parseVolumeName } from '../../../src/core/names.ts';
import type { Volume } from '../../../src/core/volume.ts';
import { VolumeError } from '../../../src/core/volume-error.ts';
import { createFakeCloud } from '../../fakes/ec2/fake-ec2.ts';
import { createFakeHost, createFakeState } from '../../fakes/host/fake-host.ts';
import { openBackend } from '../../fakes/open-backend.ts';
import { createEc2Endpoint } from '../../lab/ec2/endpoint.ts';
import { fastClock } from './disk/under-test.ts';
import { diskOf, live, openHost } from './hosts.ts';

const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

const nowhere = 'http://127.0.0.1:1';
const settings = { region: 'eu-test-1', availabilityZone: 'eu-test-1a', instanceId: 'i-0123' };
const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'of no use' };

interface Logged {
  readonly event: string;
  readonly fields: unknown;
}

function open(set: Readonly<Record<string, unknown>>, surroundings: EbsSurroundings = {}) {
  const logged: Logged[] = [];
  const backend = openBackend(defineEbs(surroundings), {
    driver: 'ebs',
    settings: set,
    defaults: {},
    profiles: {},
    host: createFakeHost(createFakeState()),
    workDir: '/work',
    witnesses: new Map(),
    log: { enabled: () => true, write: (_, event, fields) => void logged.push({ event, fields }) },
    audit: () => undefined,
  });
  const volume = backend.plan(parseVolumeName('db'), { size: '1' });
  return { backend, volume, logged };
}

const client = (parts: Partial<Ec2Parts>) => {
  const made = createEc2({ region: 'eu-test-1', credentials, clock: fastClock(), ...parts });
  return () => made;
};

/** Each verb, and the beginning of its errors. */
const verbs: readonly (readonly [string, (backend: Backend, volume: Volume) => Promise<unknown>])[] = [
  ['Volume db could not be created: ', (backend, volume) => backend.create(volume, live)],
  ['Volume db could not be discarded: ', (backend, volume) => backend.discard(volume, live)],
  ['Volume db could not be removed: ', (backend, volume) => backend.remove(volume, live)],
  ['Volume db could not be looked up: ', (backend, volume) => backend.lookup(volume.name, live)],
  ['The volumes could not be listed: ', (backend) => backend.list(live)],
  ['Volume db could not be mounted: ', (backend, volume) => backend.stage(volume, '/srv/mnt/db', live)],
  ['Volume db could not be unmounted: ', (backend, volume) => backend.unstage(volume, '/srv/mnt/db', live)],
  ['The removed volumes could not be listed: ', (backend) => backend.listRemoved(live)],
  [
    'Volume db could not be brought back: ',
    (backend, volume) => backend.undelete({ volume, removedAt: volume.createdAt }, live),
  ],
  ['The purge could not be finished: ', (backend) => backend.purge(live)],
];

describe.each(verbs)('%s…', (beginning, verb) => {
  const failing = (words: string) => ({
    code: 'unavailable',
    message: expect.stringMatching(new RegExp(`^${beginning}${words}`)),
  });

  test('without credentials, with the way out', async () => {
    const around = () => {
      throw new VolumeError(
        'unavailable',
        'There are no AWS credentials (x): give the instance an IAM role.',
      );
    };
    const host = await openHost(createFakeCloud(), 'i-a', { around });
    const volume = host.backend.plan(parseVolumeName('db'), { size: '1' });
    await expect(verb(host.backend, volume)).rejects.toMatchObject(
      failing('There are no AWS credentials \\(x\\): give the instance an IAM role\\.$'),
    );
  });
  test('without instance metadata, with the settings to use instead', async () => {
    const { backend, volume } = open({ metadataEndpoint: nowhere });
    await expect(verb(backend, volume)).rejects.toMatchObject(
      failing('There is no instance metadata service at http://127\\.0\\.0\\.1:1 .*set `region`, '),
    );
  });
});

describe('an EC2', () => {
  test('that refuses the connection is an error that names the volume', async () => {
    const { backend, volume } = open(settings, { ec2: client({ endpoint: nowhere }) });
    await expect(backend.create(volume, live)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(
        /^Volume db could not be created: EC2 at http:\/\/127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED.*check the network, the region and the endpoint\.$/,
      ),
    });
  });
  test('in a region that does not exist is an error that names the volume', async () => {
    const { backend, volume } = open(settings, {
      ec2: client({ endpoint: 'https://ec2.eu-nowhere-1.invalid' }),
    });
    await expect(backend.create(volume, live)).rejects.toThrow(
      /^Volume db could not be created: EC2 at \S+ cannot be reached \(E(NOTFOUND|AI_AGAIN).*check the network, the region/,
    );
  });
});

describe('the health of EC2', () => {
  const environment = { ...process.env };
  afterEach(() => {
    process.env = environment;
  });

  async function atEndpoint() {
    const endpoint = await createEc2Endpoint();
    cleanUps.push(() => endpoint.close());
    const { id, zone } = await endpoint.addInstance();
    process.env.AWS_ACCESS_KEY_ID = endpoint.credentials.accessKeyId;
    process.env.AWS_SECRET_ACCESS_KEY = endpoint.credentials.secretAccessKey;
    const here = { region: zone.slice(0, -1), availabilityZone: zone, instanceId: id };
    return { endpoint, ...open({ ...here, endpoint: endpoint.url }) };
  }

  test('is unknown before the first request, and causes no request itself', async () => {
    const { endpoint, backend, volume } = await atEndpoint();
    expect(backend.health(volume)).toBeUndefined();
    expect(backend.details(volume)).toEqual({});
    expect(endpoint.requests()).toEqual([]);
  });
  test('is the result of the last request, and each change is logged once', async () => {
    const { endpoint, backend, volume, logged } = await atEndpoint();
    await backend.list(live);
    expect(backend.health(volume)).toMatchObject({ state: 'ok', server: endpoint.url, losses: 0 });
    const { length } = endpoint.requests();
    endpoint.fail('DescribeVolumes', { kind: 'reply-lost', as: 'internal-error' }, 3);
    const list = backend.list(live);
    const states = new Set<string | undefined>();
    const watching = setInterval(() => states.add(backend.health(volume)?.state), 5);
    await list.finally(() => clearInterval(watching));
    expect([...states]).toContain('no-reply');
    expect(backend.health(volume)).toMatchObject({ state: 'ok' });
    expect(endpoint.requests().length).toBe(length + 4);
    const changes = logged
      .filter(({ event }) => event !== 'api-request')
      .map(({ event, fields }) => ({ event, ...Object(fields) }));
    expect(changes).toEqual([
      expect.objectContaining({ event: 'server-state', state: 'no-reply', was: 'ok' }),
      expect.objectContaining({ event: 'server-state', state: 'ok', was: 'no-reply' }),
    ]);
  });
  test('includes that the metadata service is unreachable', async () => {
    const { backend, volume, logged } = open({ metadataEndpoint: nowhere });
    await expect(backend.list(live)).rejects.toThrow();
    expect(backend.health(volume)).toMatchObject({
      server: nowhere,
      state: 'no-metadata',
      detail: expect.stringMatching(/set `region`/),
    });
    expect(logged).toHaveLength(1);
  });
});

test('the details of a volume are as last reported by EC2', async () => {
  const cloud = createFakeCloud();
  const a = await openHost(cloud, 'i-a');
  const b = await openHost(cloud, 'i-b');
  const volume = await a.create('db', { size: '10', iops: '4000', throughput: '200' });
  const figures = { iops: '4000', throughput: '200 MiB/s' };
  const details = (state: string) => ({
    ebsVolume: [...cloud.volumes.keys()][0],
    zone: 'eu-test-1a',
    size: '10GiB',
    type: 'gp3',
    ...figures,
    attachedTo: state,
    seenAt: expect.stringMatching(/^\d{4}-.*Z$/),
  });
  expect(a.backend.details(volume)).toEqual(details('nobody'));
  await a.stage(volume);
  expect(a.backend.details(volume)).toEqual(details('i-a'));
  const asked = cloud.log.length;
  expect(b.backend.details(volume)).toEqual({});
  expect(cloud.log).toHaveLength(asked);
  await b.backend.list(live);
  expect(b.backend.details(volume)).toEqual(details('i-a'));
  await a.unstage(volume);
  expect(a.backend.details(volume)).toEqual(details('nobody'));
  // Somebody changed it, by ModifyVolume.
  Object.assign(diskOf(cloud), { sizeGiB: 20, type: 'io2', iops: 5000, throughput: undefined });
  await a.backend.list(live);
  const { throughput: _, ...changed } = { ...details('nobody'), size: '20GiB', type: 'io2', iops: '5000' };
  expect(a.backend.details(volume)).toEqual(changed);
  await a.backend.remove(volume, live);
  await b.backend.list(live);
  expect(b.backend.details(volume)).toEqual({});
});

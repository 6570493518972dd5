import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ebsBackend } from '../../../../src/backends/ebs/definition.ts';
import { endpointElsewhere } from '../../../../src/backends/ebs/ec2/endpoint-elsewhere.ts';
import { parseSnapshotName, parseVolumeName } from '../../../../src/core/names.ts';
import { createFakeHost, createFakeState } from '../../../fakes/host/fake-host.ts';
import { openBackend } from '../../../fakes/open-backend.ts';
import { useEndpoints } from '../../../lab/ec2/use-endpoint.ts';

const start = useEndpoints();
const live = new AbortController().signal;
const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const;
const before = names.map((name) => process.env[name]);

function setKeys(values: readonly (string | undefined)[]): void {
  for (const [index, name] of names.entries()) {
    const value = values[index];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

beforeEach(() => setKeys([]));
afterEach(() => setKeys(before));

/** The backend as a daemon opens it, with an endpoint for two regions. */
async function setUp() {
  const endpoint = await start({ otherRegions: ['eu-west-1'] });
  const { id, zone } = await endpoint.addInstance();
  const { url, region, credentials } = endpoint;
  setKeys([credentials.accessKeyId, credentials.secretAccessKey]);
  const backend = openBackend(ebsBackend, {
    driver: 'ebs',
    workDir: '/work',
    witnesses: new Map(),
    settings: { endpoint: url, region, availabilityZone: zone, instanceId: id },
    defaults: {},
    profiles: {},
    host: createFakeHost(createFakeState()),
    log: { enabled: () => false, write: () => undefined },
    audit: () => undefined,
  });
  const { snapshots } = backend;
  if (snapshots.kind === 'none' || snapshots.copies.kind === 'none') throw new Error('EBS has both');
  const volume = await backend.create(backend.plan(parseVolumeName('db'), { size: '1' }), live);
  const [name, createdAt] = [parseSnapshotName('before'), '2026-01-02T03:04:05.000Z'];
  const wanted = { name, id: '000000000000000a', volume, createdAt, consistency: 'unmounted' } as const;
  return {
    endpoint,
    backend,
    copies: snapshots.copies,
    snapshot: await snapshots.take(wanted, undefined, live),
  };
}

test('the SDK asks the region that gets the copy, once, although an answer is lost', async () => {
  const { endpoint, backend, copies, snapshot } = await setUp();
  endpoint.fail('CopySnapshot', { kind: 'reply-lost', as: 'cut' });
  const { id } = await copies.copy(snapshot, 'eu-west-1', live);
  const [source] = endpoint.snapshots();
  expect(endpoint.snapshots('eu-west-1')).toMatchObject([{ id, volumeId: 'vol-ffffffff' }]);
  expect(endpoint.snapshots()).toHaveLength(1);
  expect(endpoint.requests('CopySnapshot')[0]?.parameters).toMatchObject({
    ...{ SourceRegion: 'eu-central-1', SourceSnapshotId: source?.id },
  });
  expect(await copies.copy(snapshot, 'eu-west-1', live)).toEqual({ id, place: 'eu-west-1' });
  expect(endpoint.snapshots('eu-west-1')).toHaveLength(1);
  await backend.close();
});

test.each([
  [undefined, {}],
  ['https://ec2.eu-central-1.amazonaws.com', {}],
  ['https://vpce-0123-abc.ec2.eu-central-1.vpce.amazonaws.com', {}],
  ['https://ec2.cn-north-1.amazonaws.com.cn', {}],
  ['https://ec2.eu-central-1.api.aws', {}],
  ['http://127.0.0.1:4566', { endpoint: 'http://127.0.0.1:4566' }],
  ['https://notamazonaws.com', { endpoint: 'https://notamazonaws.com' }],
  ['https://amazonaws.com.example', { endpoint: 'https://amazonaws.com.example' }],
])('with the endpoint %s, another region is asked at %j', (endpoint, elsewhere) => {
  expect(endpointElsewhere(endpoint)).toEqual(elsewhere);
});

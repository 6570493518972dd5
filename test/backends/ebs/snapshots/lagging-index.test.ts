import { DeleteTagsCommand } from '@aws-sdk/client-ec2';
import { afterEach, expect, test } from '@jest/globals';
import { parseSnapshotName, parseVolumeName } from '../../../../src/core/names.ts';
import type { Volume } from '../../../../src/core/volume.ts';
import { createFakeHost, createFakeState } from '../../../fakes/host/fake-host.ts';
import { createClient } from '../../../lab/ec2/client.ts';
import { createEc2Endpoint, type Ec2Endpoint } from '../../../lab/ec2/endpoint.ts';
import { backendOnInstance } from '../on-endpoint.ts';

const live = new AbortController().signal;
let endpoint: Ec2Endpoint | undefined;
afterEach(() => endpoint?.close());

/** An account whose index of tags is ten minutes behind from `lag` on. */
async function setUp() {
  const opened = await createEc2Endpoint();
  endpoint = opened;
  const instance = await opened.addInstance();
  const state = createFakeState();
  const backend = backendOnInstance(opened, instance, {
    settings: {},
    defaults: {},
    profiles: {},
    host: createFakeHost(state),
    log: { enabled: () => false, write: () => undefined },
    audit: () => undefined,
  });
  const volume = await backend.create(backend.plan(parseVolumeName('db'), { size: '1' }), live);
  const [disk] = opened.volumes();
  // As if it had been mounted once.
  const marks = { Resources: [disk?.id ?? ''], Tags: [{ Key: 'holdfast:blank' }] };
  await createClient(opened).send(new DeleteTagsCommand(marks));
  const lag = () => opened.lag({ tagIndex: 600_000 });
  return { backend, volume, lag };
}

const snapshotOf = (volume: Volume) => ({
  name: parseSnapshotName('before'),
  id: '000000000000000a',
  volume,
  createdAt: '2026-01-02T03:04:05.000Z',
  consistency: 'unmounted' as const,
});

function snapshotsOf({ snapshots }: ReturnType<typeof backendOnInstance>) {
  if (snapshots.kind === 'none') throw new Error('EBS has snapshots');
  return snapshots;
}

test('a snapshot is listed at once, and not any more once it is removed, although the index lags', async () => {
  const { backend, volume, lag } = await setUp();
  const snapshots = snapshotsOf(backend);
  lag();
  const snapshot = await snapshots.take(snapshotOf(volume), undefined, live);
  const names = async () => (await snapshots.list(volume, live)).map(({ name }) => name);
  expect(await names()).toEqual(['before']);
  await snapshots.remove(snapshot, live);
  expect(await names()).toEqual([]);
});

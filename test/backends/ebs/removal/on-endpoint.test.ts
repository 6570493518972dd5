import { expect, test } from '@jest/globals';
import { parseVolumeName } from '../../../../src/core/names.ts';
import { createFakeHost, createFakeState } from '../../../fakes/host/fake-host.ts';
import type { Ec2Endpoint } from '../../../lab/ec2/endpoint.ts';
import { useEndpoints } from '../../../lab/ec2/use-endpoint.ts';
import { backendOnInstance } from '../on-endpoint.ts';

const open = useEndpoints();
const live = new AbortController().signal;
const db = parseVolumeName('db');

/** A daemon on its own instance, over the real SDK. The test can advance its time. */
async function node(endpoint: Ec2Endpoint, settings: Readonly<Record<string, unknown>>) {
  const state = createFakeState();
  const backend = backendOnInstance(endpoint, await endpoint.addInstance(), {
    settings,
    defaults: {},
    profiles: {},
    host: createFakeHost(state),
    log: { enabled: () => false, write: () => undefined },
    audit: () => undefined,
  });
  return { state, backend };
}

test.each([
  [true, false],
  [false, true],
])(
  'a volume removed with finalSnapshot %s is purged so, even by hosts with another setting',
  async (ofA, ofOthers) => {
    const endpoint = await open({ delays: { snapshot: 300 } });
    const a = await node(endpoint, { finalSnapshot: ofA });
    const others = [
      await node(endpoint, { finalSnapshot: ofOthers, tags: { team: 'red' } }),
      await node(endpoint, { finalSnapshot: ofOthers, tags: { team: 'blue' } }),
    ];
    const volume = await a.backend.create(a.backend.plan(db, { size: '1' }), live);
    await a.backend.remove(volume, live);
    for (const { state } of others) state.clock.now += 25 * 3_600_000;
    // While the snapshot is pending, each purge looks for it again, through short and empty pages.
    while (endpoint.volumes().some(({ status }) => status !== 'deleting')) {
      for (const { backend } of others) await backend.purge(live);
    }
    expect(endpoint.snapshots()).toHaveLength(ofA ? 1 : 0);
  },
);

test('an adopted volume that was removed is adopted again by undelete, and compared with its disk', async () => {
  const endpoint = await open();
  const [disk] = await endpoint.addVolumes([{ gib: 8, tags: { Name: 'of REX-Ray' } }]);
  const volumeId = disk?.id ?? '';
  const { backend } = await node(endpoint, {});
  const adopt = (size: string) => backend.create(backend.plan(db, { volumeId, size }), live);
  await expect(adopt('9')).rejects.toThrow(/size is 8GiB, but the option says 9GiB/);
  const volume = await adopt('8');
  expect(await backend.lookup(db, live)).toMatchObject({
    actual: { size: '8GiB', type: 'gp3', iops: '3000' },
  });
  expect(backend.details(volume)).toMatchObject({
    size: '8GiB',
    type: 'gp3',
    iops: '3000',
    throughput: '125 MiB/s',
  });
  await backend.remove(volume, live);
  await expect(adopt('8')).rejects.toMatchObject({
    message: expect.stringContaining(' is in the trash: '),
    waysOut: [{ act: 'undelete', volume: 'db', driver: 'ebs', id: volume.id }, expect.any(String)],
  });
  const [removed] = await backend.listRemoved(live);
  if (removed !== undefined) await backend.undelete(removed, live);
  expect(await backend.lookup(db, live)).toMatchObject({ id: volume.id });
});

import { expect, test } from '@jest/globals';
import type { Volume } from '../../../../src/core/volume.ts';
import { createFakeCloud } from '../../../fakes/ec2/fake-ec2.ts';
import { diskOf, type EbsHost, live, openHost } from '../hosts.ts';

const day = 25 * 3_600_000;

/** A removes the volume; B, whose settings may differ, purges until nothing is left. */
async function removedOnA(ofA: boolean, ofB: boolean, more: { readonly tags?: Record<string, string> } = {}) {
  const cloud = createFakeCloud();
  const a = await openHost(cloud, 'i-a', { settings: { finalSnapshot: ofA } });
  const b = await openHost(cloud, 'i-b', { settings: { finalSnapshot: ofB, ...more } });
  const volume = await a.create('db');
  await a.stage(volume);
  await a.unstage(volume);
  await a.backend.remove(volume, live);
  return { cloud, a, b, volume };
}

async function purgeAll(...hosts: readonly EbsHost[]): Promise<void> {
  for (const host of hosts) {
    host.state.clock.now += day;
    for (let round = 0; round < 3; round++) await host.purge();
  }
}

async function bringBack(host: EbsHost, volume: Volume): Promise<void> {
  const removed = (await host.backend.listRemoved(live)).find((one) => one.volume.id === volume.id);
  if (removed === undefined) throw new Error('it is not removed');
  await host.backend.undelete(removed, live);
}

test.each([
  [true, false, 1],
  [false, true, 0],
  [true, true, 1],
  [false, false, 0],
])(
  'a volume that is removed with finalSnapshot %s and purged with %s leaves %i snapshots',
  async (ofA, ofB, count) => {
    const { cloud, b } = await removedOnA(ofA, ofB);
    await purgeAll(b);
    expect(cloud.volumes.size).toBe(0);
    expect(cloud.snapshots.size).toBe(count);
  },
);

test('a removal by an older Holdfast without this tag is purged by the settings of the purging host', async () => {
  for (const [ofB, count] of [
    [true, 1],
    [false, 0],
  ] as const) {
    const { cloud, b, volume } = await removedOnA(!ofB, ofB);
    const disk = diskOf(cloud, volume);
    const [until = ''] = (disk.tags['holdfast:purge-after'] ?? '').split('@');
    disk.tags = { ...disk.tags, 'holdfast:kept': 'trash', 'holdfast:purge-after': until };
    // It has no seal, so a full retention period begins when it is first seen.
    await purgeAll(b, b);
    expect(cloud.volumes.size).toBe(0);
    expect(cloud.snapshots.size).toBe(count);
  }
});

test('other tags that differ between hosts, or change, do not cause a second snapshot', async () => {
  const { cloud, a, b } = await removedOnA(true, true, { tags: { team: 'red' } });
  a.state.clock.now += day;
  await a.purge();
  for (const snapshot of cloud.snapshots.values()) {
    snapshot.tags = { ...snapshot.tags, Name: 'renamed' };
    cloud.snapshots.set(snapshot.id, { ...snapshot, state: 'pending' });
  }
  b.state.clock.now += day;
  await b.purge();
  expect(cloud.snapshots.size).toBe(1);
});

test('after an undelete, an earlier snapshot does not count: a new one has the later writes', async () => {
  const { cloud, a, volume } = await removedOnA(true, true);
  a.state.clock.now += day;
  // The snapshot has been started; the volume has not been deleted yet.
  await a.purge();
  expect([cloud.snapshots.size, cloud.volumes.size]).toEqual([1, 1]);
  await bringBack(a, volume);
  await a.stage(volume);
  await a.write(volume, 'newer');
  await a.unstage(volume);
  await a.backend.remove(volume, live);
  await purgeAll(a);
  expect(cloud.volumes.size).toBe(0);
  expect(cloud.snapshots.size).toBe(2);
});

test('onRemove delete also makes it, before the command returns or by the next purge', async () => {
  const cloud = createFakeCloud();
  const a = await openHost(cloud, 'i-a', { settings: { finalSnapshot: true, onRemove: 'delete' } });
  const b = await openHost(cloud, 'i-b');
  await a.backend.remove(await a.create('db'), live);
  await purgeAll(b);
  expect([cloud.snapshots.size, cloud.volumes.size]).toEqual([1, 0]);
});

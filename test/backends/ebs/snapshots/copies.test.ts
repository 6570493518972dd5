import { expect, test } from '@jest/globals';
import type { CloneSource } from '../../../../src/backends/backend.ts';
import type { Disk } from '../../../../src/backends/ebs/ec2/ec2.ts';
import { parseSnapshotName, parseVolumeName } from '../../../../src/core/names.ts';
import { type Options, requireReadable, type Volume } from '../../../../src/core/volume.ts';
import { createFakeCloud, createFakeEc2, type FakeCloud } from '../../../fakes/ec2/fake-ec2.ts';
import { diskOf, type EbsHost, live, openHost, otherZone } from '../hosts.ts';
import { readOn, rewrite, snapshotsOn, written } from './under-test.ts';

async function setUp() {
  const cloud = createFakeCloud();
  const host = await openHost(cloud, 'i-a');
  const volume = await written(host, 'db', 'first');
  return { cloud, host, volume };
}

function clone(host: EbsHost, volume: Volume, options: Options = {}, from?: CloneSource, name = 'copy') {
  const plan = host.backend.plan(parseVolumeName(name), { from: 'db', ...options }, volume.options);
  const source = from ?? { kind: 'volume', volume, mountpoint: undefined };
  return snapshotsOn(host).clone(plan, source, live);
}

async function take(host: EbsHost, volume: Volume) {
  const snapshot = {
    name: parseSnapshotName('before'),
    id: '000000000000000a',
    volume,
    createdAt: '2026-01-02T03:04:05.000Z',
    consistency: 'unmounted',
  } as const;
  return snapshotsOn(host).take(snapshot, undefined, live);
}

/** EBS volumes that are not volumes, and temporary snapshots. */
const leftIn = (cloud: FakeCloud) => [
  ...[...cloud.snapshots.values()].filter(({ tags }) => 'holdfast:clone' in tags).map(({ id }) => id),
  ...[...cloud.volumes.values()].filter(({ tags }) => tags['holdfast:state'] === 'next').map(({ id }) => id),
];

test('a copy in another zone, larger and of another type, is one command; its own snapshot is gone afterwards', async () => {
  const { cloud, host, volume } = await setUp();
  const far = await openHost(cloud, 'i-far', { machine: { zone: otherZone } });
  const options = { zone: otherZone, type: 'io2', size: '4' };
  const copy = await clone(host, volume, options);
  expect(diskOf(cloud, copy)).toMatchObject({ zone: otherZone, type: 'io2', sizeGiB: 4, iops: 3000 });
  expect(cloud.snapshots.size).toBe(0);
  expect(await readOn(far, copy)).toBe('first');
  expect(host.acts.filter(({ act }) => act === 'clone')).toHaveLength(1);
});

test('without a zone, a copy is in that of the host that makes it', async () => {
  const { cloud, host } = await setUp();
  const far = await openHost(cloud, 'i-far', { machine: { zone: otherZone } });
  const volume = await written(host, 'web', 'first', { availabilityZone: 'eu-test-1a' });
  const copy = await clone(far, volume);
  expect(diskOf(cloud, copy).zone).toBe(otherZone);
  expect(copy.options).toMatchObject({ size: '1GiB', from: 'db' });
});

test('a copy smaller than its source is refused with both sizes, and nothing is made', async () => {
  const { cloud, host } = await setUp();
  const volume = await written(host, 'large', 'first', { size: '8' });
  await expect(clone(host, volume, { size: '4' })).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(
      /^Volume copy could not be created: volume large has 8GiB, and size=4GiB is less/,
    ),
  });
  expect([cloud.snapshots.size, cloud.volumes.size]).toEqual([0, 2]);
});

test('from together with snapshot or volumeId is refused', async () => {
  const { host } = await setUp();
  for (const options of [{ snapshot: 'snap-0123456789abcdef0' }, { volumeId: 'vol-0123456789abcdef0' }])
    expect(() => host.backend.plan(parseVolumeName('copy'), { from: 'db', ...options })).toThrow(/from/);
});

test('a copy of a snapshot waits until EC2 has copied that', async () => {
  const { cloud, host, volume } = await setUp();
  cloud.looks = 3;
  const snapshot = await take(host, volume);
  await rewrite(host, volume, 'second');
  const copy = await clone(host, volume, {}, { kind: 'snapshot', snapshot });
  expect(await readOn(host, copy)).toBe('first');
});

test.each(['copy', 'rollback'] as const)(
  'a %s whose snapshot somebody deletes before EC2 has copied it ends, and leaves the volume as it is',
  async (what) => {
    const cloud = createFakeCloud();
    const given = new AbortController();
    let from = Number.POSITIVE_INFINITY;
    const host = await openHost(cloud, 'i-a', {
      onPause(now) {
        from = Math.min(from, now);
        if (now > from + 5_000) cloud.snapshots.clear();
        if (now > from + 600_000) given.abort();
      },
    });
    const volume = await written(host, 'db', 'first');
    cloud.looks = 1000;
    const snapshot = await take(host, volume);
    from = Number.POSITIVE_INFINITY;
    const snapshots = snapshotsOn(host);
    const plan = host.backend.plan(parseVolumeName('copy'), { from: 'db@before' }, volume.options);
    const work =
      what === 'copy'
        ? snapshots.clone(plan, { kind: 'snapshot', snapshot }, given.signal)
        : snapshots.rollback(volume, snapshot, '00000000000fade5', given.signal);
    await expect(work).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('somebody deleted its snapshot'),
    });
    expect(cloud.volumes.size).toBe(1);
    cloud.looks = 1;
    expect(await readOn(host, volume)).toBe('first');
  },
);

test('a copy of an adopted volume is a volume of its own', async () => {
  const { cloud, host, volume: first } = await setUp();
  const ec2 = createFakeEc2(cloud);
  const disk = diskOf(cloud, first);
  await ec2.removeTags([disk.id], Object.keys(disk.tags), live);
  const volume = await host.backend.create(
    host.backend.plan(parseVolumeName('old'), { volumeId: disk.id }),
    live,
  );
  const copy = await clone(host, volume);
  expect(copy.options).not.toHaveProperty('volumeId');
  expect(await readOn(host, copy)).toBe('first');
  const snapshot = await take(host, volume);
  await expect(snapshotsOn(host).rollback(volume, snapshot, '00000000000fade5', live)).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringContaining('adopted'),
  });
});

test('the snapshot of a copy that is under way on a living host is left alone; that of a dead host is deleted', async () => {
  const cloud = createFakeCloud();
  const died = new Error('it died');
  const a = await openHost(cloud, 'i-a', {
    watch: async (when, action) => {
      if (
        action === 'DeleteSnapshot' ||
        (when === 'before' && action === 'CreateVolume' && cloud.snapshots.size > 0)
      )
        throw died;
    },
  });
  const volume = await written(a, 'db', 'first');
  await expect(clone(a, volume)).rejects.toThrow();
  expect(leftIn(cloud)).toHaveLength(1);
  const b = await openHost(cloud, 'i-b');
  await b.purge();
  expect(leftIn(cloud)).toHaveLength(1);
  cloud.setMachineState('i-a', 'terminated');
  b.restart();
  await b.purge();
  expect(leftIn(cloud)).toEqual([]);
});

test('a rollback that died after it became the volume is the volume on every host, and is finished by any', async () => {
  const cloud = createFakeCloud();
  const a = await openHost(cloud, 'i-a');
  const b = await openHost(cloud, 'i-b');
  const volume = await written(a, 'db', 'first');
  const old = diskOf(cloud, volume);
  const snapshot = await take(a, volume);
  await rewrite(a, volume, 'second');
  // It has shown b where the volume is.
  expect(await readOn(b, volume)).toBe('second');
  let committed = 0;
  a.restart({
    watch: async (when, action) => {
      if (action === 'CreateTags' && when === 'before' && committed++ === 2) throw new Error('it died');
    },
  });
  const keptAs = '00000000000fade5';
  await expect(snapshotsOn(a).rollback(volume, snapshot, keptAs, live)).rejects.toThrow();
  expect([old.tags['holdfast:state'], cloud.volumes.size]).toEqual(['present', 2]);
  expect(await b.backend.list(live)).toEqual([volume]);
  expect(requireReadable((await b.backend.lookup(volume.name, live)) ?? volume)).toEqual(volume);
  expect(await readOn(b, volume)).toBe('first');
  await b.backend.remove(volume, live);
  expect(await b.backend.lookup(volume.name, live)).toBeUndefined();
  const removed = await b.backend.listRemoved(live);
  expect(removed.map((one) => one.volume.id).sort()).toEqual([keptAs, volume.id].sort());
  const kept = removed.find((one) => one.volume.id === keptAs);
  if (kept === undefined) throw new Error('it is lost');
  expect(await readOn(b, await b.backend.undelete(kept, live))).toBe('second');
});

test('a rollback of a volume that another host has is refused before anything is made', async () => {
  const { cloud, host, volume } = await setUp();
  const snapshot = await take(host, volume);
  await host.stage(volume);
  const b = await openHost(cloud, 'i-b');
  await expect(snapshotsOn(b).rollback(volume, snapshot, '00000000000fade5', live)).rejects.toMatchObject({
    code: 'in-use',
    message: expect.stringMatching(/^Volume db could not be rolled back: .*i-a/),
  });
  expect(cloud.volumes.size).toBe(1);
  expect(leftIn(cloud)).toEqual([]);
});

test('a volume that has grown since the snapshot keeps its size in a rollback, in its zone', async () => {
  const { cloud, host, volume } = await setUp();
  const snapshot = await take(host, volume);
  const { growth } = host.backend;
  if (growth.kind === 'none') throw new Error('EBS grows');
  const grown = await growth.grow(volume, 3 * 2 ** 30, undefined, live);
  await snapshotsOn(host).rollback(grown, snapshot, '00000000000fade5', live);
  expect(diskOf(cloud, volume)).toMatchObject({ sizeGiB: 3, zone: 'eu-test-1a' });
  expect(await readOn(host, grown)).toBe('first');
});

test('a purge never deletes what a rollback has just made the volume, although the index of tags lags', async () => {
  const cloud = createFakeCloud();
  let stale: readonly Disk[] | undefined;
  const host = await openHost(cloud, 'i-a', {
    around: async ({ action, detail }, run) => {
      // The rollback has made its EBS volume, which is not the volume yet.
      if (action === 'CreateTags' && detail.endsWith('holdfast:kept'))
        stale = await createFakeEc2(cloud).findVolumes({}, live);
      const answer = await run();
      return action === 'DescribeVolumes' && detail.includes('tag-key') && stale !== undefined
        ? (stale as typeof answer)
        : answer;
    },
  });
  const volume = await written(host, 'db', 'first');
  const snapshot = await take(host, volume);
  await rewrite(host, volume, 'second');
  await snapshotsOn(host).rollback(volume, snapshot, '00000000000fade5', live);
  expect(stale?.map(({ tags }) => tags['holdfast:state']).sort()).toEqual(['next', 'present']);
  host.restart();
  await host.purge();
  stale = undefined;
  expect(cloud.volumes.size).toBe(2);
  expect(await readOn(host, volume)).toBe('first');
});

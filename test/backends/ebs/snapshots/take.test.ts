import { expect, test } from '@jest/globals';
import type { Snapshots } from '../../../../src/backends/backend.ts';
import { parseSnapshotName, parseVolumeName } from '../../../../src/core/names.ts';
import type { Snapshot } from '../../../../src/core/protect/snapshot.ts';
import type { Volume } from '../../../../src/core/volume.ts';
import { createFakeCloud, createFakeEc2, type FakeCloud } from '../../../fakes/ec2/fake-ec2.ts';
import { diskOf, type EbsHost, live, openHost } from '../hosts.ts';
import { readOn, snapshotsOn, written } from './under-test.ts';

const namesOn = async (host: EbsHost, volume: Volume) =>
  (await snapshotsOn(host).list(volume, live)).map(({ name }) => name);

function snapshotOf(volume: Volume, name: string, id: string): Snapshot {
  const createdAt = '2026-01-02T03:04:05.000Z';
  return {
    name: parseSnapshotName(name),
    id: id.padStart(16, '0'),
    volume,
    createdAt,
    consistency: 'unmounted',
  };
}

function take(snapshots: Snapshots, volume: Volume, name = 'before', id = 'a', mountpoint?: string) {
  return snapshots.take(snapshotOf(volume, name, id), mountpoint, live);
}

async function setUp(cloud: FakeCloud = createFakeCloud()) {
  const host = await openHost(cloud, 'i-a');
  const volume = await written(host, 'db', 'first');
  return { cloud, host, volume, snapshots: snapshotsOn(host) };
}

test('a snapshot is listed with the part that is copied, and without it once that is all', async () => {
  const { cloud, snapshots, volume } = await setUp();
  cloud.looks = 2;
  expect(await take(snapshots, volume)).toMatchObject({ progress: 0 });
  const seen = [];
  for (let look = 0; look < 4; look++)
    seen.push((await snapshots.list(volume, live)).map((one) => 'progress' in one && one.progress));
  expect(seen).toEqual([[40], [80], [false], [false]]);
});

test('a snapshot has tags and a description from the request on', async () => {
  const { cloud, snapshots, volume } = await setUp();
  await take(snapshots, volume);
  const [stored] = cloud.snapshots.values();
  expect(stored).toMatchObject({
    description: 'Snapshot before of volume db, made by Holdfast',
    tags: {
      Name: 'db@before',
      'holdfast:driver': 'ebs',
      'holdfast:name': 'db',
      'holdfast:snapshot': 'before',
    },
  });
  expect(cloud.log.filter((entry) => entry.startsWith('CreateTags snap'))).toEqual([]);
});

test('names may be as long as allowed, although EC2 shows less: for a snapshot, a copy, and the final snapshot', async () => {
  const cloud = createFakeCloud();
  const host = await openHost(cloud, 'i-a', { settings: { onRemove: 'delete', finalSnapshot: true } });
  const snapshots = snapshotsOn(host);
  const long = (letter: string) => letter.repeat(200);
  const volume = await written(host, long('v'), 'first');
  const snapshot = await take(snapshots, volume, long('s'));
  await snapshots.stage(snapshot, host.mountpoint(volume), live);
  await snapshots.unstage(snapshot, host.mountpoint(volume), live);
  const copy = host.backend.plan(parseVolumeName(long('c')), {}, volume.options);
  await snapshots.clone(copy, { kind: 'volume', volume, mountpoint: undefined }, live);
  expect(await readOn(host, copy)).toBe('first');
  await host.backend.remove(volume, live);
  await host.purge();
  await host.purge();
  const names = [...cloud.volumes.values()].map(({ tags }) => tags['holdfast:name']);
  expect(names).toEqual([long('c')]);
});

test('a snapshot that somebody else made is neither listed nor deleted, even with copied tags', async () => {
  const { cloud, host, snapshots, volume } = await setUp();
  const mine = await take(snapshots, volume);
  const [stored] = cloud.snapshots.values();
  const ec2 = createFakeEc2(cloud);
  const other = cloud.addVolume();
  const { id: foreign } = await ec2.createSnapshot(other.id, '', { Name: 'db@before' }, live);
  expect(await namesOn(host, volume)).toEqual(['before']);
  await ec2.setTags([foreign], stored?.tags ?? {}, live);
  expect(await snapshots.list(volume, live)).toEqual([
    {
      name: 'before',
      volumeId: volume.id,
      unreadable: expect.stringContaining(`exists twice, as ${stored?.id}`),
    },
  ]);
  await snapshots.remove(mine, live);
  await host.backend.remove(volume, live);
  host.state.clock.now += 25 * 3_600_000;
  await host.purge();
  expect(cloud.volumes.size).toBe(1);
  expect([...cloud.snapshots.keys()]).toEqual([foreign]);
});

test('a snapshot of a volume that another host has is refused, and says where to make it', async () => {
  const { cloud, host, volume } = await setUp();
  await host.stage(volume);
  const b = await openHost(cloud, 'i-b');
  await expect(take(snapshotsOn(b), volume)).rejects.toMatchObject({
    code: 'in-use',
    message: expect.stringMatching(
      /^Snapshot before of volume db could not be made: .* attached to i-a.*on that host/,
    ),
  });
  expect(cloud.snapshots.size).toBe(0);
});

test('a snapshot of a volume in use that takes longer than the freeze leaves nothing', async () => {
  const cloud = createFakeCloud();
  const host = await openHost(cloud, 'i-a', {
    around: async ({ action }, run) => {
      const answer = await run();
      if (action === 'CreateSnapshot') host.state.frozen.clear();
      return answer;
    },
  });
  const volume = await written(host, 'db', 'first');
  await host.stage(volume);
  await expect(take(snapshotsOn(host), volume, 'live', 'a', host.mountpoint(volume))).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('10 s for which its file system may be frozen'),
  });
  expect(cloud.snapshots.size).toBe(0);
  await host.write(volume, 'second');
});

test('what EC2 refuses is a sentence with the way out: too many at once, too many at all', async () => {
  const { cloud, snapshots, volume } = await setUp();
  cloud.looks = 1000;
  for (const id of ['1', '2', '3', '4', '5']) await take(snapshots, volume, `s${id}`, id);
  await expect(take(snapshots, volume, 's6', '6')).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(
      /^Snapshot s6 of volume db .*earlier snapshots.*ConcurrentSnapshotLimitExceeded.*snapshot ls/,
    ),
  });
  cloud.limits.snapshots = 5;
  await expect(take(snapshots, volume, 's6', '6')).rejects.toMatchObject({
    message: expect.stringContaining('SnapshotLimitExceeded'),
  });
});

test('what EC2 gave up making is not listed, and deleted by a purge, with evidence', async () => {
  const { cloud, host, snapshots, volume } = await setUp();
  await take(snapshots, volume);
  const [stored] = cloud.snapshots.values();
  if (stored) stored.state = 'error';
  expect(await namesOn(host, volume)).toEqual([]);
  host.restart();
  await host.purge();
  expect(cloud.snapshots.size).toBe(0);
  expect(host.acts.at(-1)).toMatchObject({ act: 'delete', evidence: expect.stringContaining('state error') });
});

test('a final snapshot stays when the volume is purged with its other snapshots', async () => {
  const cloud = createFakeCloud();
  const host = await openHost(cloud, 'i-a', { settings: { finalSnapshot: true, onRemove: 'delete' } });
  const volume = await written(host, 'db', 'first');
  await take(snapshotsOn(host), volume);
  await host.backend.remove(volume, live);
  for (let round = 0; round < 3; round++) await host.purge();
  expect(cloud.volumes.size).toBe(0);
  expect([...cloud.snapshots.values()].map(({ tags }) => 'holdfast:final-snapshot' in tags)).toEqual([true]);
});

test('a snapshot shown aside needs an EBS volume, which is gone afterwards, also after a crash', async () => {
  const { cloud, host, snapshots, volume } = await setUp();
  const snapshot = await take(snapshots, volume);
  const aside = '/srv/aside';
  await host.host.files.makeDirectory(aside);
  await snapshots.stage(snapshot, aside, live);
  expect(await host.host.files.readText(`${aside}/file`)).toBe('first');
  expect(cloud.volumes.size).toBe(2);
  expect(await host.backend.list(live)).toEqual([volume]);
  await snapshots.unstage(snapshot, aside, live);
  expect(cloud.volumes.size).toBe(1);
  await snapshots.stage(snapshot, aside, live);
  host.restart();
  await host.host.mounts.unmount(aside);
  await host.purge();
  expect([...cloud.volumes.keys()]).toEqual([diskOf(cloud, volume).id]);
});

import { expect, test } from '@jest/globals';
import type { CloneSource } from '../../../src/backends/backend.ts';
import { parseSnapshotName, parseVolumeName } from '../../../src/core/names.ts';
import type { Snapshot } from '../../../src/core/protect/snapshot.ts';
import type { Volume } from '../../../src/core/volume.ts';
import { createFakeCloud } from '../../fakes/ec2/fake-ec2.ts';
import { diskOf, type EbsHost, live, openHost } from './hosts.ts';

function snapshotsOf({ backend }: EbsHost) {
  if (backend.snapshots.kind === 'none') throw new Error('It has no snapshots.');
  return backend.snapshots;
}

function take(host: EbsHost, volume: Volume): Promise<Snapshot> {
  const snapshot: Snapshot = {
    name: parseSnapshotName('before'),
    id: 'aaaaaaaaaaaaaaaa',
    volume,
    createdAt: new Date(host.host.now()).toISOString(),
    consistency: 'unmounted',
  };
  return snapshotsOf(host).take(snapshot, undefined, live);
}

function clone(host: EbsHost, source: CloneSource): Promise<Volume> {
  const from = source.kind === 'snapshot' ? source.snapshot.volume : source.volume;
  const planned = host.backend.plan(parseVolumeName('copy'), { from: from.name }, from.options);
  return snapshotsOf(host).clone(planned, source, live);
}

test('a copy of a volume that was never mounted is formatted at its first mount, as its source is', async () => {
  for (const kind of ['snapshot', 'volume'] as const) {
    const cloud = createFakeCloud();
    const host = await openHost(cloud, 'i-a');
    const volume = await host.create('db');
    const copy =
      kind === 'snapshot'
        ? await clone(host, { kind, snapshot: await take(host, volume) })
        : await clone(host, { kind, volume, mountpoint: undefined });
    for (const one of [copy, volume]) {
      await host.stage(one);
      await host.write(one, one.name);
      expect(await host.read(one)).toBe(one.name);
      await host.unstage(one);
    }
    expect(host.acts.filter(({ act }) => act === 'format')).toHaveLength(2);
  }
});

test('a copy of a volume that was mounted is never formatted, whatever its tags become', async () => {
  const cloud = createFakeCloud();
  const host = await openHost(cloud, 'i-a');
  const volume = await host.create('db');
  await host.stage(volume);
  await host.write(volume, 'precious');
  await host.unstage(volume);
  const copy = await clone(host, { kind: 'snapshot', snapshot: await take(host, volume) });
  const disk = diskOf(cloud, copy);
  disk.tags = { ...disk.tags, 'holdfast:blank': 'true' };
  await host.stage(copy);
  expect(await host.read(copy)).toBe('precious');
  expect(host.acts.filter(({ act }) => act === 'format')).toHaveLength(1);
});

test('a snapshot whose tag says later that it is blank is unreadable, and nothing is made of it', async () => {
  const cloud = createFakeCloud();
  const host = await openHost(cloud, 'i-a');
  const volume = await host.create('db');
  await host.stage(volume);
  await host.unstage(volume);
  const snapshot = await take(host, volume);
  for (const stored of cloud.snapshots.values()) stored.tags = { ...stored.tags, 'holdfast:blank': 'true' };
  expect(await snapshotsOf(host).list(volume, live)).toMatchObject([
    { name: 'before', unreadable: expect.stringContaining('holdfast:seal does not fit') },
  ]);
  await expect(clone(host, { kind: 'snapshot', snapshot })).rejects.toMatchObject({ code: 'not-found' });
});

import { afterEach, expect, test } from '@jest/globals';
import { parseSnapshotName, parseVolumeName } from '../../../../src/core/names.ts';
import type { Volume } from '../../../../src/core/volume.ts';
import { type BackendSubject, createSubject } from '../../../contract/backend/subject.ts';
import { describeWith } from '../../../lab/requirements.ts';
import { ebsOnEndpoint } from '../on-endpoint.ts';
import { ebsDisks } from '../under-test.ts';

const live = new AbortController().signal;
let subject: BackendSubject | undefined;

async function setUp(): Promise<BackendSubject> {
  // Snapshots are pending, and changes under way, for a while.
  subject = createSubject(ebsDisks, await ebsOnEndpoint({ delays: { snapshot: 300, modify: 200 } }));
  return subject;
}

function partsOf({ backend: { snapshots, growth } }: BackendSubject) {
  if (snapshots.kind === 'none' || growth.kind === 'none') throw new Error('EBS has both');
  return { snapshots, growth };
}

const snapshotOf = (volume: Volume, consistency: 'unmounted' | 'frozen') => ({
  name: parseSnapshotName('before'),
  id: '000000000000000a',
  volume,
  createdAt: '2026-01-02T03:04:05.000Z',
  consistency,
});

afterEach(async () => {
  await subject?.cleanUp();
  subject = undefined;
});

describeWith(
  {
    root: true,
    programs: ['mkfs.ext4', 'mkfs.xfs', 'xfs_growfs', 'fsfreeze', 'losetup'],
    paths: ['/dev/loop-control'],
  },
  'EBS with real file systems',
  () => {
    test.each(['ext4', 'xfs'])(
      'a snapshot of a mounted %s has all that was written, and its copy is mounted beside it',
      async (fsType) => {
        const under = await setUp();
        const { snapshots } = partsOf(under);
        const volume = await under.create('db', { fsType });
        const place = await under.stage(volume);
        const { files } = under.underTest.host;
        await files.writeText(`${place}/file`, 'first', 'replace');
        const snapshot = await snapshots.take(snapshotOf(volume, 'frozen'), place, live);
        await files.writeText(`${place}/file`, 'second', 'replace');
        const plan = under.backend.plan(parseVolumeName('copy'), {}, volume.options);
        const copy = await snapshots.clone(plan, { kind: 'snapshot', snapshot }, live);
        const beside = await under.stage(copy);
        expect(await files.readText(`${beside}/file`)).toBe('first');
        expect(await files.readText(`${place}/file`)).toBe('second');
        for (const each of [volume, copy]) await under.unstage(each);
      },
    );

    test('a rollback gives it the data of the snapshot, and what it had before is brought back', async () => {
      const under = await setUp();
      const { snapshots } = partsOf(under);
      const volume = await under.create('db');
      await under.write(volume, 'first');
      const snapshot = await snapshots.take(snapshotOf(volume, 'unmounted'), undefined, live);
      await under.write(volume, 'second');
      const kept = await snapshots.rollback(volume, snapshot, '00000000000fade5', live);
      expect(await under.read(volume)).toBe('first');
      await under.backend.remove(volume, live);
      expect(await under.read(await under.backend.undelete(kept, live))).toBe('second');
    });

    test('a mounted xfs grows with its EBS volume, and writers go on', async () => {
      const under = await setUp();
      const { growth } = partsOf(under);
      const volume = await under.create('db', { fsType: 'xfs' });
      const place = await under.stage(volume);
      const { files } = under.underTest.host;
      await files.writeText(`${place}/file`, 'kept', 'replace');
      const grown = await growth.grow(volume, 3 * 2 ** 30, place, live);
      const space = await files.space(place);
      expect(space.usedBytes + space.freeBytes).toBeGreaterThan(2.8 * 2 ** 30);
      await files.writeText(`${place}/more`, 'more', 'replace');
      expect(await files.readText(`${place}/file`)).toBe('kept');
      await under.unstage(grown);
      expect(await under.read(grown)).toBe('kept');
    });
  },
);

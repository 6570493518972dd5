import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseSnapshotName } from '../../../src/core/names.ts';
import type { Snapshot } from '../../../src/core/protect/snapshot.ts';
import type { Volume } from '../../../src/core/volume.ts';
import { type BackendSubject, createSubject } from '../../contract/backend/subject.ts';
import { createFakeState, type FakeState } from '../../fakes/host/fake-host.ts';
import { linuxHostUnderTest } from '../../host/linux-host-under-test.ts';
import { mountLoopFileSystem } from '../../lab/loop/file-system.ts';
import { describeWith } from '../../lab/requirements.ts';
import { localOn, localOnFakeHost, subvolumes } from './under-test.ts';

let subject: BackendSubject;
const host = () => subject.underTest.host;
const root = () => join(subject.underTest.folder, 'volumes');
const kernel = () => host().subvolumes(root());
const owner = { uid: 0, gid: 0, mode: 0o700 };
const kept = (volume: Volume): Snapshot => {
  const createdAt = new Date(0).toISOString();
  return {
    name: parseSnapshotName('before'),
    id: '00000000000000aa',
    volume,
    createdAt,
    consistency: 'frozen',
  };
};
function snapshots() {
  const { snapshots: found } = subject.backend;
  if (found.kind === 'none') throw new Error('it has them');
  return found;
}

describe('directories on a root that got subvolumes', () => {
  let state: FakeState;
  beforeEach(async () => {
    state = createFakeState();
    subject = createSubject(subvolumes, await localOnFakeHost(state));
  });

  test('stay plain directories if they were, and are copied file by file', async () => {
    const plain = await subject.create('plain');
    await subject.write(plain, 'kept');
    state.rootFileSystem.conditions.add('subvolumes');
    const fresh = await subject.create('fresh');
    expect(await kernel().isOne(`${root()}/plain`)).toBe(false);
    expect(await kernel().isOne(`${root()}/fresh`)).toBe(true);
    expect(await snapshots().manner(plain, subject.signal)).toMatchObject({ kind: 'copy' });
    expect(await snapshots().manner(fresh, subject.signal)).toEqual({ kind: 'instant' });
    const snapshot = { ...kept(plain), consistency: 'unmounted' } as const;
    await snapshots().take(snapshot, undefined, subject.signal);
    await snapshots().rollback(plain, snapshot, '00000000000fade5', subject.signal);
    expect(await subject.read(plain)).toBe('kept');
  });
  test('are not copied without the subvolumes in them', async () => {
    const plain = await subject.create('plain');
    state.rootFileSystem.conditions.add('subvolumes');
    await kernel().create(`${root()}/plain/docker`, { uid: 0, gid: 0, mode: 0o755 });
    const snapshot = { ...kept(plain), consistency: 'unmounted' } as const;
    await expect(snapshots().take(snapshot, undefined, subject.signal)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('docker in its data'),
    });
    expect(await snapshots().list(plain, subject.signal)).toEqual([]);
  });
});

const needs = { root: true, programs: ['mkfs.btrfs'], paths: ['/dev/loop-control'] } as const;

describeWith(needs, 'directories on btrfs', () => {
  let remove: () => Promise<void>;
  let useElsewhere: (source: string) => Promise<() => Promise<void>>;
  beforeEach(async () => {
    const disk = mountLoopFileSystem('btrfs');
    const linux = await linuxHostUnderTest('auto', {}, disk.path);
    useElsewhere = linux.useElsewhere;
    remove = async () => {
      await host().files.removeTree(root(), subject.signal);
      await linux.cleanUp();
      disk.remove();
    };
    subject = createSubject(subvolumes, await localOn(linux, {}));
  });
  afterEach(() => remove());

  test('are subvolumes, with read-only snapshots and copies that can be written', async () => {
    const volume = await subject.create('db');
    const snapshot = await snapshots().take(kept(volume), undefined, subject.signal);
    const clone = await snapshots().clone(
      subject.plan('copy'),
      { kind: 'snapshot', snapshot },
      subject.signal,
    );
    await subject.write(clone, 'written');
    const data = `${root()}/.holdfast/snapshots/${volume.id}/before~data`;
    for (const path of [`${root()}/db`, `${root()}/copy`, data])
      expect(await kernel().isOne(path)).toBe(true);
    await expect(host().files.writeText(`${data}/file`, 'x', 'replace')).rejects.toMatchObject({
      code: 'EROFS',
    });
  });
  test('are counted, although their device number is their own', async () => {
    const volume = await subject.create('db');
    await subject.write(volume, 'x'.repeat(512 * 1024));
    const measured = await subject.backend.usage(volume, undefined, subject.signal);
    expect(measured).toMatchObject({ of: 'volume', usedInodes: 2, room: { of: 'root' } });
    expect(measured?.sizeBytes).toBeUndefined();
  });
  test('are kept as they are now while somebody writes, and are seen to be used', async () => {
    const volume = await subject.create('db');
    const mountpoint = await subject.stage(volume);
    const end = await useElsewhere(mountpoint);
    const { users } = await host().mounts.uses(join(subject.underTest.folder, 'mnt'), 0);
    expect(users.get(mountpoint)).toHaveLength(1);
    // Not flushed by the writer.
    await host().files.writeText(`${mountpoint}/file`, 'now', 'replace');
    const snapshot = await snapshots().take(kept(volume), mountpoint, subject.signal);
    await host().files.writeText(`${mountpoint}/file`, 'later', 'replace');
    await end();
    await subject.unstage(volume);
    const source = { kind: 'snapshot', snapshot } as const;
    expect(await subject.read(await snapshots().clone(subject.plan('copy'), source, subject.signal))).toBe(
      'now',
    );
  });
  test('that contain subvolumes of a container are not copied without them, and are removed with them', async () => {
    const volume = await subject.create('db');
    await host().files.makeDirectory(`${root()}/db/docker`);
    await kernel().create(`${root()}/db/docker/layer`, owner);
    await kernel().create(`${root()}/db/docker/layer/inner`, owner);
    const refused = {
      code: 'invalid',
      message: expect.stringMatching(/subvolumes in its data \(docker\/layer in .*`btrfs subvolume delete`/),
    };
    await expect(snapshots().take(kept(volume), undefined, subject.signal)).rejects.toMatchObject(refused);
    const source = { kind: 'volume', volume, mountpoint: undefined } as const;
    const copy = subject.plan('copy');
    await expect(snapshots().clone(copy, source, subject.signal)).rejects.toMatchObject(refused);
    await subject.backend.remove(volume, subject.signal);
    const [removed] = await subject.removed();
    if (removed === undefined) throw new Error('it is lost');
    const back = await subject.backend.undelete(removed, subject.signal);
    expect(await kernel().within(`${root()}/db`)).toEqual(['docker/layer']);
    await subject.reopen({ settings: { onRemove: 'delete' } }).remove(back, subject.signal);
    expect(await host().files.list(root())).toEqual(['.holdfast']);
  });
});

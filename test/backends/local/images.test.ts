import { dirname } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { isCleanExt4 } from '../../../src/backends/shared/file-system/superblock.ts';
import { parseSnapshotName } from '../../../src/core/names.ts';
import type { Snapshot } from '../../../src/core/protect/snapshot.ts';
import { type BackendSubject, createSubject } from '../../contract/backend/subject.ts';
import { createFakeState, type FakeState } from '../../fakes/host/fake-host.ts';
import { errno, walk } from '../../fakes/host/paths.ts';
import { failure } from '../../fakes/host/programs.ts';
import type { ProgramCall } from '../../fakes/host/state.ts';
import { ext4Images, localOnFakeHost } from './under-test.ts';

let state: FakeState;
let subject: BackendSubject;
beforeEach(async () => {
  state = createFakeState();
  subject = createSubject(ext4Images, await localOnFakeHost(state));
});

const images = '/folder/volumes/.holdfast/images';
const files = () => subject.underTest.host.files;
/** As another process would. */
async function attach(file: string): Promise<void> {
  await files().makeDirectory(dirname(file));
  await files().writeText(file, '', 'replace');
  const { node } = walk(state, file, 'keep');
  if (node.kind === 'file') state.loops.set(3, node);
}
const listed = async () => (await files().list(images))?.toSorted();

describe('an image volume', () => {
  test('is refused if the disk has less free space, with both figures, and leaves nothing', async () => {
    state.setFreeBytes('/', 100 * 1024 ** 2 - 1);
    await expect(subject.create('db', { size: '100MiB' })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/Volume db.*needs 100MiB.*has only 99MiB free.*smaller/),
    });
    expect(await listed()).toEqual([]);
    expect(await subject.names()).toEqual([]);
  });
  test('is formatted once, after the audit log has the proof that it is blank', async () => {
    const formatted: string[] = [];
    state.programs.set('mkfs.ext4', ({ args }) => {
      formatted.push(args.at(-1) ?? '');
      expect(subject.acts).toEqual([
        expect.objectContaining({
          act: 'format',
          volume: 'db',
          evidence: expect.stringMatching(/new sparse file/),
        }),
      ]);
      return failure('mke2fs: Disk on fire\n  while setting up superblock\n');
    });
    const plan = subject.plan('db');
    await expect(subject.backend.create(plan, subject.signal)).rejects.toMatchObject({
      code: 'failed',
      message:
        'Volume db could not be formatted: mkfs.ext4 says "mke2fs: Disk on fire while setting up superblock"',
    });
    expect(formatted).toEqual([`${images}/db.${plan.id}.img.new`]);
    await subject.backend.discard(plan, subject.signal);
    expect(await listed()).toEqual([]);
  });
  test('is never formatted by a stage', async () => {
    const volume = await subject.create('db');
    state.programs.set('mkfs.ext4', () => {
      throw new Error('formatted');
    });
    await subject.write(volume, 'kept');
    expect(await subject.read(volume)).toBe('kept');
  });
  test('reports a missing helper by name', async () => {
    state.programs.delete('mkfs.ext4');
    await expect(subject.create('db')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^Volume db could not be formatted: mkfs.ext4 is not installed/),
    });
  });
  test('is not recreated if its image is missing', async () => {
    const volume = await subject.create('db');
    await files().removeFile(`${images}/db.${volume.id}.img`);
    await expect(subject.stage(volume)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/Volume db: its image .*db\.[0-9a-f]{16}\.img is missing/),
    });
    expect(await listed()).toEqual([]);
  });
  test.each([true, false])(
    'shows no lost+found, and leaves no private mount (%s: mounted nowhere)',
    async (canDetach) => {
      state.canDetach = canDetach;
      const mountpoint = await subject.stage(await subject.create('db'));
      expect(await files().list(mountpoint)).toEqual([]);
      expect(await files().list('/folder/mnt')).toEqual(['db']);
    },
  );
  test('that an earlier daemon has at a private place is mounted nowhere instead, and the place removed', async () => {
    const volume = await subject.create('db');
    const place = '/folder/mnt/.staging-db';
    await files().makeDirectory(place);
    const fileSystem = { type: 'ext4', options: [], access: 'read-write' } as const;
    const image = `${images}/db.${volume.id}.img`;
    await subject.underTest.host.mounts.mountImage(image, place, fileSystem);
    await subject.stage(volume);
    expect(await files().list('/folder/mnt')).toEqual(['db']);
    expect(state.mounts.map(({ mountpoint }) => mountpoint)).toEqual(['/', '/folder/mnt/db']);
  });
  test('whose bind fails leaves no mount and no loop device', async () => {
    const volume = await subject.create('db');
    state.failNext('mounts.bind', errno('EBUSY', '/folder/mnt/db'));
    await expect(subject.stage(volume)).rejects.toMatchObject({ code: 'in-use' });
    expect(state.mounts.map(({ mountpoint }) => mountpoint)).toEqual(['/']);
    expect(state.loops.size).toBe(0);
  });
  test('whose private mount was busy is unmounted by unstage', async () => {
    state.canDetach = false;
    const volume = await subject.create('db');
    state.busy.add('/folder/mnt/.staging-db');
    await expect(subject.stage(volume)).rejects.toMatchObject({ code: 'in-use' });
    await expect(subject.unstage(volume)).rejects.toMatchObject({ code: 'in-use' });
    state.busy.clear();
    await subject.unstage(volume);
    expect(await files().list('/folder/mnt')).toEqual(['db']);
    expect(state.loops.size).toBe(0);
  });
});

describe('the check before a mount', () => {
  const checks: (readonly string[])[] = [];
  const fsck = (exitCode: number, words: string) => (call: ProgramCall) => {
    checks.push(call.args);
    return { exitCode, stdout: words, stderr: '' };
  };
  beforeEach(() => void checks.splice(0));

  test.each([0, 1, 2])('succeeds if e2fsck ends with %i', async (exitCode) => {
    const volume = await subject.create('db');
    state.programs.set('e2fsck', fsck(exitCode, 'fixed'));
    await subject.stage(volume);
    expect(checks).toEqual([['-p', `${images}/db.${volume.id}.img`]]);
  });
  test.each([4, 8, 12, 128])("fails with e2fsck's words if that ends with %i", async (exitCode) => {
    const volume = await subject.create('db');
    state.programs.set('e2fsck', fsck(exitCode, 'UNEXPECTED\nINCONSISTENCY'));
    await expect(subject.stage(volume)).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringMatching(/Volume db.*"UNEXPECTED INCONSISTENCY".*e2fsck -f/),
    });
    expect(state.loops.size).toBe(0);
  });
  test('does not touch an image that a loop device uses', async () => {
    const volume = await subject.create('db');
    state.programs.set('e2fsck', fsck(8, ''));
    await attach(`/other/db.${volume.id}.img`);
    await subject.stage(volume);
    expect(checks).toEqual([]);
  });
  test('is skipped for a file system that was cleanly unmounted', () => {
    expect(isCleanExt4(superblock({}))).toBe(true);
    expect(isCleanExt4(superblock({ magic: 0 }))).toBe(false);
    expect(isCleanExt4(superblock({ state: 0 }))).toBe(false);
    expect(isCleanExt4(superblock({ state: 3 }))).toBe(false);
    expect(isCleanExt4(superblock({ incompatible: 0x2c6 }))).toBe(false);
    expect(isCleanExt4(superblock({}).subarray(0, 100))).toBe(false);
  });
});

describe('a snapshot whose record could not be written', () => {
  test.each(['reflinks', 'whole copies'])('is made by the same call again, with %s', async (how) => {
    if (how === 'reflinks') state.rootFileSystem.conditions.add('reflinks');
    const { snapshots } = subject.backend;
    if (snapshots.kind === 'none') throw new Error('no snapshots');
    const volume = await subject.create('db');
    await subject.write(volume, 'kept');
    const name = parseSnapshotName('before');
    const createdAt = new Date(0).toISOString();
    const snapshot: Snapshot = { name, id: 'a'.repeat(16), volume, createdAt, consistency: 'unmounted' };
    state.failNext('files.writeText', errno('EIO', images), 'before.json');
    const take = () => snapshots.take(snapshot, undefined, subject.signal);
    await expect(take()).rejects.toMatchObject({ code: 'unavailable' });
    expect(await snapshots.list(volume, subject.signal)).toEqual([]);
    expect(await take()).toEqual(snapshot);
    expect(await snapshots.list(volume, subject.signal)).toEqual([snapshot]);
  });
});

describe('leftovers of images after a crash', () => {
  test('are purged without a record; with one, or without the ending .new, they stay', async () => {
    const volume = await subject.create('db');
    const id = 'f'.repeat(16);
    const kept = [`db.${volume.id}.img`, `gone.${id}.img`, 'notes.txt', `x.img.new`];
    await files().rename(`${images}/db.${volume.id}.img`, `${images}/db.${volume.id}.img.new`);
    for (const file of [...kept.slice(1), `gone.${id}.img.new`, `db.${id}.img.new`]) {
      await files().writeText(`${images}/${file}`, '', 'replace');
    }
    await subject.backend.purge(subject.signal);
    await subject.write(volume, 'kept');
    expect(await listed()).toEqual(kept.toSorted());
  });
  test('stay if the record of their name is unreadable', async () => {
    await subject.create('db');
    const file = `bad.${'f'.repeat(16)}.img.new`;
    await files().writeText(`${images}/${file}`, '', 'replace');
    await files().writeText('/folder/volumes/.holdfast/registry/bad.json', '{', 'replace');
    await subject.backend.purge(subject.signal);
    expect(await listed()).toContain(file);
  });
  test('are not purged while the image is being created', async () => {
    await subject.create('first');
    let purged: readonly unknown[] | undefined;
    const format = state.programs.get('mkfs.ext4');
    state.programs.set('mkfs.ext4', async (call) => {
      purged = await subject.backend.purge(subject.signal);
      return format?.(call) ?? failure('no mkfs');
    });
    const volume = await subject.create('db');
    expect(purged).toEqual([]);
    await subject.write(volume, 'kept');
  });
  test('are completed by the stage if the rename was lost', async () => {
    const plan = subject.plan('db');
    state.failNext('files.rename', errno('EIO', images), '.img.new');
    await expect(subject.backend.create(plan, subject.signal)).rejects.toMatchObject({ code: 'unavailable' });
    await subject.backend.discard(plan, subject.signal);
    expect(await subject.names()).toEqual(['db']);
    await subject.write(plan, 'kept');
    expect(await listed()).toEqual([`db.${plan.id}.img`]);
  });
});

interface SuperblockFields {
  readonly magic?: number;
  readonly state?: number;
  readonly incompatible?: number;
}

function superblock({ magic = 0xef53, state = 1, incompatible = 0x2c2 }: SuperblockFields): Uint8Array {
  const bytes = Buffer.alloc(1024);
  bytes.writeUInt16LE(magic, 56);
  bytes.writeUInt16LE(state, 58);
  bytes.writeUInt32LE(incompatible, 96);
  return bytes;
}

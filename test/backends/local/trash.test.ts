import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Volume } from '../../../src/core/volume.ts';
import { type BackendSubject, createSubject, name } from '../../contract/backend/subject.ts';
import { createFakeState, type FakeState } from '../../fakes/host/fake-host.ts';
import { errno } from '../../fakes/host/paths.ts';
import { directories, localOnFakeHost } from './under-test.ts';

let state: FakeState;
let subject: BackendSubject;
beforeEach(async () => {
  state = createFakeState();
  subject = createSubject(directories, await localOnFakeHost(state));
});

const root = '/folder/volumes';
const trash = `${root}/.holdfast/trash`;
const day = 24 * 3_600_000;
const files = () => subject.underTest.host.files;
const written = async (name: string): Promise<Volume> => {
  const volume = await subject.create(name);
  await subject.write(volume, name);
  return volume;
};
const remove = (volume: Volume, onRemove = 'trash'): Promise<void> =>
  subject.reopen({ settings: { onRemove } }).remove(volume, subject.signal);
const onlyRemoved = async () => {
  const [removed] = await subject.removed();
  if (!removed) throw new Error('it is lost');
  return removed;
};

describe('the trash of a local driver', () => {
  test('has the data itself, moved in one step', async () => {
    const volume = await written('db');
    const inode = (await files().facts(`${root}/db`))?.inode;
    await remove(volume);
    expect(await files().list(root)).toEqual(['.holdfast']);
    expect((await files().facts(`${trash}/db~${volume.id}`))?.inode).toBe(inode);
  });
  test('deletes nothing at a removal, and everything expired at the purge', async () => {
    const volume = await written('db');
    await remove(volume);
    subject.advance(day);
    await subject.backend.purge(subject.signal);
    expect(await files().list(trash)).toEqual([]);
    expect(subject.acts.map((act) => act.act)).toEqual(['trash', 'purge']);
  });
  test('keeps data for as long as the settings say', async () => {
    const backend = subject.reopen({ settings: { trashRetention: '7d' } });
    await backend.remove(await written('db'), subject.signal);
    subject.advance(6 * day);
    expect(await backend.purge(subject.signal)).toEqual([]);
    subject.advance(day);
    expect(await backend.purge(subject.signal)).toHaveLength(1);
  });
  test('skips an unreadable record, keeps its data, and says so', async () => {
    const [bad, good] = [await written('bad'), await written('good')];
    await remove(bad);
    await remove(good);
    await files().writeText(`${trash}/bad~${bad.id}.json`, '{', 'replace');
    expect((await subject.removed()).map((one) => one.volume.name)).toEqual(['good']);
    subject.advance(day);
    expect(await subject.backend.purge(subject.signal)).toHaveLength(1);
    expect((await files().list(trash))?.toSorted()).toEqual([`bad~${bad.id}`, `bad~${bad.id}.json`]);
    expect(subject.events).toContain('record-unreadable');
  });
  test('does not purge the data that an unreadable record claims', async () => {
    await remove(await written('db'));
    await files().writeText(`${root}/.holdfast/registry/db.json`, '{', 'replace');
    subject.advance(day);
    expect(await subject.backend.purge(subject.signal)).toEqual([]);
    expect(await files().list(trash)).toHaveLength(2);
  });
  test('has what was retained once that gets another name, and other data at its place is not taken for it', async () => {
    for (const finish of ['undelete', 'purge'] as const) {
      const volume = await written('db');
      await remove(volume, 'retain');
      const as = name('copy');
      state.failNext('files.removeFile', errno('EIO', trash), 'db~kept.json');
      const renaming = subject.backend.renameRemoved(await onlyRemoved(), as, subject.signal);
      await expect(renaming).rejects.toThrow();
      // As another host leaves it in the middle of a Create.
      await files().createDirectory(`${root}/db`, { uid: 0, gid: 0, mode: 0o755 });
      const removed = await onlyRemoved();
      expect(removed.volume).toMatchObject({ name: 'copy', id: volume.id });
      if (finish === 'purge') await subject.backend.purge(subject.signal);
      expect(await files().list(trash)).toContain(`copy~${volume.id}`);
      const back = await subject.backend.undelete(removed, subject.signal);
      expect(await subject.read(back)).toBe('db');
      expect(await files().list(trash)).toEqual([]);
      await files().removeDirectory(`${root}/db`);
      await subject.reopen({ settings: { onRemove: 'delete' } }).remove(back, subject.signal);
    }
  });
  test('continues with the others if one cannot be purged', async () => {
    await remove(await written('bad'));
    await remove(await written('good'));
    subject.advance(day);
    state.failNext('files.removeTree', errno('EBUSY', trash), 'bad');
    expect((await subject.backend.purge(subject.signal)).map((one) => one.volume.name)).toEqual(['good']);
    expect(subject.events).toContain('purge-failed');
    expect((await subject.backend.purge(subject.signal)).map((one) => one.volume.name)).toEqual(['bad']);
    expect(await files().list(trash)).toEqual([]);
  });
  test('does not overwrite anything at the old place with an undelete', async () => {
    await remove(await written('db'));
    await files().makeDirectory(`${root}/db`);
    await expect(subject.backend.undelete(await onlyRemoved(), subject.signal)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/Volume db.*\/folder\/volumes\/db is in its place/),
    });
    expect(await subject.names()).toEqual([]);
    await files().removeDirectory(`${root}/db`);
    expect(await subject.read(await subject.backend.undelete(await onlyRemoved(), subject.signal))).toBe(
      'db',
    );
  });
  test('does not purge what somebody put in place of missing data', async () => {
    const volume = await written('db');
    await remove(volume);
    const removed = await onlyRemoved();
    await files().removeTree(`${trash}/db~${volume.id}`, subject.signal);
    await files().makeDirectory(`${root}/db/foreign`);
    expect(await subject.removed()).toEqual([]);
    await expect(subject.backend.undelete(removed, subject.signal)).rejects.toMatchObject({
      code: 'not-found',
    });
    expect(await subject.names()).toEqual([]);
  });
  test('frees the name if the purge was faster than the undelete', async () => {
    await remove(await written('db'));
    const removed = await onlyRemoved();
    state.failNext('files.rename', errno('ENOENT', trash), trash);
    await expect(subject.backend.undelete(removed, subject.signal)).rejects.toMatchObject({
      code: 'not-found',
    });
    expect(await subject.names()).toEqual([]);
  });
  test('forgets a volume whose data is already gone', async () => {
    const volume = await written('db');
    await files().removeTree(`${root}/db`, subject.signal);
    await remove(volume);
    expect(await subject.names()).toEqual([]);
    expect(await subject.removed()).toEqual([]);
  });
  test('keeps a volume for a whole retention if its removal was killed before its record got the time of it', async () => {
    const volume = await written('db');
    const trashed = `${trash}/db~${volume.id}`;
    await files().rename(`${root}/db`, trashed);
    await files().rename(`${root}/.holdfast/registry/db.json`, `${trashed}.json`);
    expect(await subject.names()).toEqual([]);
    expect(await subject.backend.purge(subject.signal)).toEqual([]);
    expect(await subject.read(await subject.backend.undelete(await onlyRemoved(), subject.signal))).toBe(
      'db',
    );
    await remove(volume);
    subject.advance(100 * day);
    expect(await subject.backend.purge(subject.signal)).toHaveLength(1);
  });
});

describe('retained data', () => {
  test('stays in its place, and can be moved away to free the name', async () => {
    await remove(await written('db'), 'retain');
    expect(await files().readText(`${root}/db/file`)).toBe('db');
    await expect(subject.create('db')).rejects.toMatchObject({ code: 'conflict' });
    await files().rename(`${root}/db`, '/folder/rescued');
    const second = await subject.create('db');
    expect(await subject.removed()).toEqual([]);
    await subject.write(second, 'second');
    await remove(second, 'retain');
    expect((await onlyRemoved()).volume).toEqual(second);
    expect(await files().readText('/folder/rescued/file')).toBe('db');
  });
  test('is listed and brought back even after the setting changed', async () => {
    const volume = await written('db');
    await remove(volume, 'retain');
    subject.advance(100 * day);
    await subject.backend.purge(subject.signal);
    expect(await subject.read(await subject.backend.undelete(await onlyRemoved(), subject.signal))).toBe(
      'db',
    );
  });
  test('is moved back from an interrupted removal with another setting', async () => {
    const volume = await written('db');
    state.failNext('files.moveText', errno('EIO', root), 'db.json');
    await expect(remove(volume)).rejects.toMatchObject({ message: expect.stringContaining('Volume db') });
    await remove(volume, 'retain');
    subject.advance(100 * day);
    expect(await subject.backend.purge(subject.signal)).toEqual([]);
    expect(await files().readText(`${root}/db/file`)).toBe('db');
    expect((await onlyRemoved()).purgeAfter).toBeUndefined();
  });
});

describe('temporary files of interrupted writes', () => {
  test('are deleted once they are old, not while they may be in use', async () => {
    await subject.create('db');
    const stale = `${root}/.holdfast/registry/.tmp-db.json-1`;
    await files().writeText(stale, '', 'replace');
    await subject.backend.purge(subject.signal);
    subject.advance(9 * 60_000);
    await subject.backend.purge(subject.signal);
    expect(await files().facts(stale)).toBeDefined();
    subject.advance(60_000);
    await subject.backend.purge(subject.signal);
    expect(await files().facts(stale)).toBeUndefined();
    expect(await subject.names()).toEqual(['db']);
  });
});

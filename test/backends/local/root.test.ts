import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Backend } from '../../../src/backends/backend.ts';
import { type BackendSubject, createSubject, name } from '../../contract/backend/subject.ts';
import { createFakeState, type FakeState } from '../../fakes/host/fake-host.ts';
import { errno, walk, writableParent } from '../../fakes/host/paths.ts';
import { addLink } from '../../fakes/host/tree.ts';
import { directories, localOnFakeHost } from './under-test.ts';

let state: FakeState;
let subject: BackendSubject;
beforeEach(async () => {
  state = createFakeState();
  subject = createSubject(directories, await localOnFakeHost(state));
});

const root = '/folder/volumes';
const files = () => subject.underTest.host.files;
const mounts = () => subject.underTest.host.mounts;
/** Mounts another file system over the root, like a data disk. */
const mountDisk = async (at: string): Promise<void> => {
  await files().makeDirectory('/disk');
  await files().makeDirectory(at);
  await mounts().bind('/disk', at, []);
};

describe('the root of a local driver', () => {
  test('is created by the first create, closed to others, and never by a read', async () => {
    expect(await subject.names()).toEqual([]);
    expect(await files().facts(root)).toBeUndefined();
    await subject.create('db');
    expect(await files().facts(root)).toMatchObject({ uid: 0, gid: 0, mode: 0o700 });
    expect(await files().facts(`${root}/.holdfast`)).toMatchObject({ mode: 0o700 });
    expect((await files().list(root))?.toSorted()).toEqual(['.holdfast', 'db']);
  });
  test('may be a symlink', async () => {
    await files().makeDirectory('/disk');
    addLink(writableParent(state, root), 'volumes', '/disk');
    const volume = await subject.create('db');
    await subject.write(volume, 'kept');
    expect(await files().readText('/disk/db/file')).toBe('kept');
  });
  test('that is a symlink to another target by now is never mounted from the old one', async () => {
    await files().makeDirectory('/disk/db');
    addLink(writableParent(state, root), 'volumes', '/disk');
    const volume = await subject.create('db');
    await subject.write(volume, 'old');
    await files().rename('/disk', '/old-disk');
    await files().makeDirectory('/disk/db');
    await files().makeDirectory('/old-disk/db');
    await files().rename('/disk', '/new-disk');
    await files().rename('/old-disk', '/disk');
    await files().removeFile(root);
    addLink(writableParent(state, root), 'volumes', '/new-disk');
    await expect(subject.stage(volume)).rejects.toThrow('retry');
    await subject.unstage(volume);
    expect(await subject.read(volume)).toBeUndefined();
  });
  test('that already exists is closed to others, and its content stays unchanged', async () => {
    await files().createDirectory(root, { uid: 0, gid: 2, mode: 0o755 });
    await files().createDirectory(`${root}/other`, { uid: 1, gid: 2, mode: 0o751 });
    await subject.create('db');
    expect(await files().facts(root)).toMatchObject({ uid: 0, gid: 2, mode: 0o700 });
    expect(await files().facts(`${root}/other`)).toMatchObject({ uid: 1, gid: 2, mode: 0o751 });
  });
  test('of an earlier Holdfast is closed at the first access', async () => {
    await subject.create('db');
    await files().setOwner(root, { uid: 0, gid: 0, mode: 0o711 });
    const next = createSubject(directories, await localOnFakeHost(state));
    expect(await next.names()).toEqual(['db']);
    expect(await files().facts(root)).toMatchObject({ mode: 0o700 });
  });
  test('that belongs to another user, who could replace everything in it, is refused', async () => {
    await files().createDirectory(root, { uid: 1, gid: 2, mode: 0o750 });
    await expect(subject.create('db')).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringMatching(/belongs to user 1.*chown root: /),
    });
    expect(await files().facts(root)).toMatchObject({ uid: 1, gid: 2, mode: 0o750 });
  });
  test('that disappeared is not treated as empty', async () => {
    const volume = await subject.create('db');
    await files().rename(root, '/elsewhere');
    await expect(subject.backend.list(subject.signal)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/existed before and is missing now: mount the disk/),
    });
    await expect(subject.create('new')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(subject.backend.remove(volume, subject.signal)).rejects.toMatchObject({
      code: 'unavailable',
    });
    await expect(subject.stage(volume)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await files().facts(root)).toBeUndefined();
    await files().rename('/elsewhere', root);
    expect(await subject.names()).toEqual(['db']);
  });
  test('that is read-only lists and mounts volumes, and says why it cannot create any', async () => {
    const volume = await subject.create('db');
    await subject.write(volume, 'kept');
    await mounts().bind(root, root, ['ro']);
    await expect(subject.create('new')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^Volume new could not be created: the file system is read-only/),
    });
    await expect(subject.backend.remove(volume, subject.signal)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('Volume db'),
    });
    expect(await subject.names()).toEqual(['db']);
    expect(await subject.read(volume)).toBe('kept');
  });
  test('with a full disk leaves no incomplete volume', async () => {
    await subject.create('db');
    state.failNext('files.writeText', errno('ENOSPC', root), 'new.json');
    const plan = subject.plan('new');
    await expect(subject.backend.create(plan, subject.signal)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^Volume new could not be created: no space is left.*free some space/),
    });
    await subject.backend.discard(plan, subject.signal);
    expect(await subject.names()).toEqual(['db']);
    expect((await files().list(root))?.toSorted()).toEqual(['.holdfast', 'db']);
  });
});

describe('requireMount', () => {
  const needing = (requireMount: unknown): Backend => subject.reopen({ settings: { requireMount } });

  test.each([true, root, '/folder'])('%p demands the mount before anything is done', async (requireMount) => {
    const volume = await subject.create('db');
    const backend = needing(requireMount);
    const { signal } = subject;
    const mountpoint = await subject.mountpointOf(volume);
    const calls = [
      backend.create(subject.plan('new'), signal),
      backend.remove(volume, signal),
      backend.lookup(name('db'), signal),
      backend.list(signal),
      backend.stage(volume, mountpoint, signal),
      backend.listRemoved(signal),
      backend.purge(signal),
    ];
    for (const call of calls) {
      await expect(call).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/nothing is mounted at .*requireMount.*mount the disk/),
      });
    }
    expect(await files().list(root)).toContain('db');
    await backend.unstage(volume, mountpoint, signal);
  });
  test('is satisfied while the disk is mounted, and not once it is gone', async () => {
    await mountDisk(root);
    const backend = needing(true);
    await subject.create('db', {}, backend);
    expect(await files().list('/disk')).toContain('db');
    await mounts().unmount(root);
    await expect(backend.list(subject.signal)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(subject.create('new', {}, backend)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await files().list(root)).toEqual([]);
  });
  test('if unset, an unmounted disk is detected by earlier observations', async () => {
    await mountDisk(root);
    await subject.create('db');
    await mounts().unmount(root);
    await expect(subject.backend.list(subject.signal)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('the place of a directory volume', () => {
  test('may be an existing empty directory, which gets its owner', async () => {
    await subject.create('db');
    await files().makeDirectory(`${root}/new`);
    await subject.create('new', { uid: '5' });
    expect(await files().facts(`${root}/new`)).toMatchObject({ uid: 5, mode: 0o755 });
    expect(subject.acts).toContainEqual(expect.objectContaining({ act: 'take-over', volume: 'new' }));
  });
  test.each(['a file', 'a symlink', 'a full directory', 'a mount'])('is never %s', async (what) => {
    await subject.create('db');
    const place = `${root}/new`;
    await files().makeDirectory('/outside');
    if (what === 'a file') await files().writeText(place, 'x', 'replace');
    else if (what === 'a symlink') addLink(writableParent(state, place), 'new', '/outside');
    else await files().makeDirectory(what === 'a mount' ? place : `${place}/content`);
    if (what === 'a mount') await mounts().bind('/outside', place, []);
    const before = walk(state, place, 'keep').node;
    const plan = subject.plan('new', { uid: '5' });
    await expect(subject.backend.create(plan, subject.signal)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/Volume new.*\/folder\/volumes\/new already exists.*Move it away/),
    });
    await subject.backend.discard(plan, subject.signal);
    expect(walk(state, place, 'keep').node).toBe(before);
    expect(await files().facts('/outside')).toMatchObject({ uid: 0 });
    expect(await subject.names()).toEqual(['db']);
  });
  test('that was replaced by a symlink is not mounted', async () => {
    const volume = await subject.create('db');
    await files().removeTree(`${root}/db`, subject.signal);
    await files().makeDirectory('/secret');
    addLink(writableParent(state, `${root}/db`), 'db', '/secret');
    await expect(subject.stage(volume)).rejects.toMatchObject({
      message: expect.stringMatching(/db.*symlink/),
    });
    expect((await mounts().at(await subject.mountpointOf(volume))).kind).toBe('bare');
  });
  test('that was swapped at the moment of mounting is detected', async () => {
    const volume = await subject.create('db');
    const { host } = subject.underTest;
    const swapping = subject.reopen({
      host: {
        ...host,
        mounts: {
          ...host.mounts,
          bind: async (source, target, access) => {
            await host.files.rename(source, `${source}-moved`);
            await host.files.makeDirectory(source);
            await host.mounts.bind(source, target, access);
          },
        },
      },
    });
    const mountpoint = await subject.mountpointOf(volume);
    await expect(swapping.stage(volume, mountpoint, subject.signal)).rejects.toThrow(
      /db: \/folder\/volumes\/db changed while being mounted/,
    );
  });
  test('stays mounted if it is in use at the unmount, with an error', async () => {
    const volume = await subject.create('db');
    const mountpoint = await subject.stage(volume);
    state.busy.add(mountpoint);
    await expect(subject.unstage(volume)).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringMatching(/^Volume db could not be unmounted: it is in use/),
    });
    state.busy.clear();
    await subject.unstage(volume);
  });
});

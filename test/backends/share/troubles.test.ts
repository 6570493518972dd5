import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Volume } from '../../../src/core/volume.ts';
import { type BackendSubject, createSubject, name } from '../../contract/backend-subject.ts';
import { errno } from '../../fakes/fake-paths.ts';
import { breakClients } from '../../fakes/fake-shares.ts';
import { addDirectory, addFile } from '../../fakes/fake-tree.ts';
import {
  glusterKind,
  nfsKind,
  type ShareUnderTest,
  shareDirectories,
  shareKinds,
  shareOnFakeHost,
} from './share-under-test.ts';

describe.each(shareKinds.map((kind) => [kind.name, kind] as const))('trouble with a share: %s', (_, kind) => {
  let underTest: ShareUnderTest;
  let subject: BackendSubject;
  beforeEach(async () => {
    underTest = await shareOnFakeHost(kind);
    subject = createSubject(shareDirectories, underTest);
  });
  afterEach(() => subject.backend.close());

  const failure = (work: Promise<unknown>) =>
    work.then(
      () => 'nothing failed',
      (error) => error,
    );
  const baseMounts = () => underTest.host.mounts.below('/folder/work');

  test('a server that refuses is named with its state, and asked again by the next call', async () => {
    const answers = new Map(underTest.state.servers);
    underTest.state.servers.clear();
    expect(await failure(subject.create('db'))).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^Volume db could not be created: .*refused/),
    });
    expect(await baseMounts()).toEqual([]);
    for (const [address, answer] of answers) underTest.state.servers.set(address, answer);
    await subject.create('db');
    expect(await subject.names()).toEqual(['db']);
  });
  test('a share that stops answering is refused after the first call, and used again once it answers', async () => {
    const volume = await subject.create('db');
    underTest.servers.home.conditions.add('down');
    expect(await failure(subject.stage(volume))).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('db'),
    });
    expect(subject.backend.health(volume)).toMatchObject({ state: 'no-reply' });
    expect(await failure(subject.stage(volume))).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/db.*no-reply/),
    });
    underTest.servers.home.conditions.delete('down');
    await subject.stage(volume);
    expect(subject.backend.health(volume)).toMatchObject({ state: 'ok' });
  });
  test('what is staged can be taken down while the server does not answer', async () => {
    const volume = await subject.create('db');
    const mountpoint = await subject.stage(volume);
    underTest.servers.home.conditions.add('down');
    await subject.backend.unstage(volume, mountpoint, subject.signal);
    expect(await underTest.host.mounts.at(mountpoint)).toEqual({ kind: 'bare' });
  });
  test('another share is used while the driver’s own does not answer', async () => {
    addDirectory(underTest.servers.other.root, 'films');
    const volume = await subject.create('films', { share: `${kind.other}/films` });
    underTest.servers.home.conditions.add('down');
    await subject.stage(volume);
    await subject.unstage(volume);
  });
  test('a read-only export, a full share and a squashed root say so, with the way out', async () => {
    await subject.create('first');
    const { conditions } = underTest.servers.home;
    for (const [condition, words] of [
      ['read-only', /read-only.*rw/],
      ['full', /full.*free some space/],
      ['squash', /root.*(squash|uid)/],
    ] as const) {
      conditions.add(condition);
      expect(await failure(subject.create('db'))).toMatchObject({ message: expect.stringMatching(words) });
      conditions.delete(condition);
    }
    await subject.create('db');
    expect(await subject.names()).toEqual(['db', 'first']);
  });
  test('a squashed root creates volumes that belong to whom it is squashed to', async () => {
    underTest.servers.home.conditions.add('squash');
    const volume = await subject.create('db', { uid: '65534', gid: '65534' });
    expect(await underTest.host.files.facts(await subject.stage(volume))).toMatchObject({
      uid: 65534,
      mode: 0o755,
    });
  });
  test('a volume whose directory is gone is not recreated', async () => {
    const volume = await subject.create('db');
    underTest.servers.home.root.entries.delete('db');
    expect(await failure(subject.stage(volume))).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/db.*missing/),
    });
    expect(underTest.servers.home.root.entries.has('db')).toBe(false);
  });
  test('a share whose registry vanished is not taken for an empty one', async () => {
    await subject.create('db');
    await subject.names();
    underTest.servers.home.root.entries.delete('.holdfast');
    expect(await failure(subject.names())).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('was there before'),
    });
    expect(await failure(subject.create('other'))).toMatchObject({ code: 'unavailable' });
  });
  test('mounts made before are told to be lost, and no others', async () => {
    const volume = await subject.create('db');
    const mountpoint = await subject.stage(volume);
    expect(await subject.backend.isLost(volume, mountpoint, subject.signal)).toBe(false);
    breakClients(underTest.state, underTest.servers.home, kind === nfsKind ? 'stale' : 'client-dead');
    expect(await subject.backend.isLost(volume, mountpoint, subject.signal)).toBe(true);
    await subject.create('other');
    expect(await subject.backend.isLost(volume, mountpoint, subject.signal)).toBe(true);
    await subject.backend.stage(volume, mountpoint, subject.signal);
    expect(await subject.backend.isLost(volume, mountpoint, subject.signal)).toBe(false);
    await subject.unstage(volume);
    expect(await underTest.host.mounts.at(mountpoint)).toEqual({ kind: 'bare' });
  });
  test('a file that another host removed is looked at again once the client has forgotten it', async () => {
    await subject.create('db');
    const stale = errno('ESTALE', 'db.json');
    // Nor is it looked at sooner, when the client would say the same.
    const forgotten = setTimeout(() => underTest.state.faults.splice(0), 1_000);
    for (let look = 0; look < 20; look += 1) underTest.state.failNext('files.readText', stale, 'db.json');
    expect(await subject.backend.lookup(name('db'), subject.signal)).toMatchObject({ name: 'db' });
    clearTimeout(forgotten);
  });
  test('a volume that another host removes at the same moment is removed', async () => {
    const volume = await subject.create('db');
    underTest.state.failNext('files.rename', errno('ENOENT', 'db'), 'db');
    await subject.backend.remove(volume, subject.signal);
    expect(await subject.names()).toEqual([]);
  });
  test('a mount of its own is lost and mounted anew as well', async () => {
    const volume = await subject.create('db', { isolation: 'volume' });
    await subject.write(volume, 'kept');
    const mountpoint = await subject.stage(volume);
    breakClients(underTest.state, underTest.servers.home, kind === nfsKind ? 'stale' : 'client-dead');
    expect(await subject.backend.isLost(volume, mountpoint, subject.signal)).toBe(true);
    await subject.backend.stage(volume, mountpoint, subject.signal);
    expect(await underTest.host.files.readText(`${mountpoint}/file`)).toBe('kept');
  });
  test('a directory put there by hand is a conflict, and adopted on request alone', async () => {
    await subject.create('first');
    addFile(addDirectory(underTest.servers.home.root, 'db'), 'file', Buffer.from('by hand'));
    expect(await failure(subject.create('db'))).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('-o path=db'),
    });
    expect(await subject.names()).toEqual(['first']);
    const adopted = await subject.create('db', { path: 'db' });
    expect(await subject.read(adopted)).toBe('by hand');
  });
  test('a directory to adopt must be there, unless it is to be made', async () => {
    expect(await failure(subject.create('db', { path: 'a/b' }))).toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('create=true'),
    });
    const volume = await subject.create('db', { path: 'a/b', create: 'true', uid: '7' });
    expect(await underTest.host.files.facts(await subject.stage(volume))).toMatchObject({ uid: 7 });
    await subject.unstage(volume);
    await subject.backend.remove(volume, subject.signal);
    expect((await subject.create('again', { path: 'a/b' })).options.path).toBe('a/b');
  });
  test('a volume is never made inside another one', async () => {
    await subject.create('team-a');
    expect(await failure(subject.create('db', { subdir: 'team-a/db' }))).toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/db.*inside.*team-a/),
    });
    await subject.create('db', { subdir: 'team-b/db' });
    expect(await failure(subject.create('team-b'))).toMatchObject({ code: 'conflict' });
  });
  test('what a create left that never came to its end goes after a quarter of an hour, and nothing else', async () => {
    const recorded = await subject.create('db');
    const fresh = underTest.servers.home.root.entries.get('.holdfast');
    const place = fresh?.kind === 'directory' ? fresh.entries.get('new') : undefined;
    if (place?.kind !== 'directory') throw new Error('there is no place for fresh directories');
    addDirectory(place, `ghost~${'a'.repeat(16)}`);
    addFile(addDirectory(place, `full~${'b'.repeat(16)}`), 'file', Buffer.from('x'));
    addDirectory(place, `db~${recorded.id}`);
    await subject.backend.purge(subject.signal);
    expect(place.entries.size).toBe(3);
    subject.advance(16 * 60_000);
    await subject.backend.purge(subject.signal);
    expect([...place.entries.keys()].sort()).toEqual([`db~${recorded.id}`, `full~${'b'.repeat(16)}`]);
  });
  test('the base mount goes with the driver, unless a volume is staged from it', async () => {
    const volume = await subject.create('db');
    await subject.stage(volume);
    await subject.backend.close();
    expect(await baseMounts()).toHaveLength(1);
    const next = subject.reopen();
    expect(await next.list(subject.signal)).toHaveLength(1);
    expect(await baseMounts()).toHaveLength(1);
    await subject.unstage(volume);
    await next.close();
    expect(await baseMounts()).toEqual([]);
  });
  test('a size that nobody can enforce is refused, or recorded when that is asked for', async () => {
    expect(() => subject.plan('db', { size: '1GiB' })).toThrow(/size.*sizeMode=advisory/);
    expect((await subject.create('db', { size: '1GiB', sizeMode: 'advisory' })).options).toMatchObject({
      size: '1GiB',
    });
  });
});

describe('kinds of their own trouble', () => {
  test('bricks that are down are waited for: the client lives and recovers by itself', async () => {
    const underTest = await shareOnFakeHost(glusterKind);
    const subject = createSubject(shareDirectories, underTest);
    const volume: Volume = await subject.create('db');
    const mountpoint = await subject.stage(volume);
    underTest.servers.home.conditions.add('bricks-down');
    expect(await subject.backend.isLost(volume, mountpoint, subject.signal)).toBe(false);
    await expect(subject.create('other')).rejects.toMatchObject({ code: 'unavailable' });
    underTest.servers.home.conditions.delete('bricks-down');
    await subject.create('other');
    expect(await subject.backend.lookup(name('other'), subject.signal)).toBeDefined();
    await subject.backend.close();
  });
  test('a second NFS mount that got the options of the first is refused with both', async () => {
    const underTest = await shareOnFakeHost(nfsKind);
    const subject = createSubject(shareDirectories, underTest);
    await subject.create('db');
    const other = subject.reopen({ settings: { mountOptions: ['soft'] } });
    await expect(other.list(subject.signal)).rejects.toMatchObject({
      message: expect.stringMatching(/soft.*hard|hard.*soft/),
    });
    expect(await underTest.host.mounts.below('/folder/work')).toHaveLength(1);
    await subject.backend.close();
  });
});

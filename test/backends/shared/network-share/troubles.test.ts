import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Volume } from '../../../../src/core/volume.ts';
import { type BackendSubject, createSubject, name } from '../../../contract/backend/subject.ts';
import { errno } from '../../../fakes/host/paths.ts';
import { breakClients } from '../../../fakes/host/shares.ts';
import { addDirectory, addFile } from '../../../fakes/host/tree.ts';
import { interceptHost } from '../../../fakes/intercepted-host.ts';
import { answersNull } from './null-answer.ts';
import {
  glusterKind,
  nfsKind,
  type ShareUnderTest,
  shareDirectories,
  shareKinds,
  shareOnFakeHost,
} from './under-test.ts';

describe.each(shareKinds.map((kind) => [kind.name, kind] as const))('problems of a share: %s', (_, kind) => {
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

  test('a server that refuses is named with its state, and the next call tries it again', async () => {
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
  test('a share that stops answering is refused after the first call, and works again once it answers', async () => {
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
  test('staged volumes can be unmounted while the server does not answer', async () => {
    const volume = await subject.create('db');
    const mountpoint = await subject.stage(volume);
    underTest.servers.home.conditions.add('down');
    await subject.backend.unstage(volume, mountpoint, subject.signal);
    expect(await underTest.host.mounts.at(mountpoint)).toEqual({ kind: 'bare' });
  });
  test('another share works while the driver’s own does not answer', async () => {
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
  test('a share that is no longer exported to this host is distinguished from a squashed root', async () => {
    const volume = await subject.create('first');
    const { conditions } = underTest.servers.home;
    conditions.add('withdrawn');
    for (const work of [() => subject.create('db'), () => subject.stage(volume)]) {
      const error = await failure(work());
      expect(error).toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/no longer exports it to this host.*(exportfs -v|auth\.allow)/),
      });
      expect(error.message).not.toMatch(/squash/);
    }
    conditions.delete('withdrawn');
    await subject.create('db');
    conditions.add('squash');
    expect(await failure(subject.create('more'))).toMatchObject({ message: expect.stringMatching(/squash/) });
  });
  test('an answer from below a base mount that is gone does not count: the share is mounted and asked again', async () => {
    const volume = await subject.create('db');
    const { host } = underTest;
    let isDue = false;
    const unmounting = interceptHost(host, async (call, run) => {
      // At this call, the share has been mounted and its mount has been checked.
      if (isDue && call.name.startsWith('remote.') && call.detail.includes('.holdfast')) {
        isDue = false;
        for (const { mountpoint } of await baseMounts()) await host.mounts.unmount(mountpoint);
      }
      return run();
    });
    const backend = underTest.makeBackend({
      ...{ settings: {}, defaults: {}, profiles: {}, host: unmounting },
      log: { enabled: () => true, write: () => undefined },
      audit: () => undefined,
    });
    const acts = [
      async () => (await backend.lookup(volume.name, subject.signal))?.name,
      async () => (await backend.list(subject.signal)).map((found) => found.name).join(),
      async () => (await backend.create(volume, subject.signal)).name,
    ];
    for (const act of acts) {
      isDue = true;
      expect(await act()).toBe('db');
      expect(isDue).toBe(false);
    }
    await backend.close();
  });
  test('an input/output error names its meaning on this kind of share, and the file', async () => {
    await subject.create('db');
    const words =
      kind === nfsKind
        ? /db\.json.*look at its disks/
        : /db\.json.*split-brain.*`gluster volume heal gv0 info split-brain`.*heal gv0 split-brain/;
    underTest.state.failNext('remote.readLatest', errno('EIO', 'db.json'), 'db.json');
    expect(await subject.backend.lookup(name('db'), subject.signal)).toMatchObject({
      name: 'db',
      unreadable: expect.stringMatching(words),
    });
    underTest.state.failNext('remote.createDirectory', errno('EIO', '/new/more'), 'new/more');
    expect(await failure(subject.create('more'))).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(kind === nfsKind ? /look at its disks/ : /split-brain/),
    });
  });
  test('with a squashed root, new volumes belong to the anonymous user', async () => {
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
  test('a share whose registry disappeared is not treated as empty', async () => {
    await subject.create('db');
    await subject.names();
    underTest.servers.home.root.entries.delete('.holdfast');
    expect(await failure(subject.names())).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('existed before'),
    });
    expect(await failure(subject.create('other'))).toMatchObject({ code: 'unavailable' });
  });
  test('exactly the earlier mounts are reported as lost', async () => {
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
  test('a file that another host removed is looked up again once the client has dropped its cache', async () => {
    await subject.create('db');
    const stale = errno('ESTALE', 'db.json');
    // It does not look again earlier, because the client would give the same answer.
    const forgotten = setTimeout(() => underTest.state.faults.splice(0), 1_000);
    for (let look = 0; look < 20; look += 1) underTest.state.failNext('remote.readLatest', stale, 'db.json');
    expect(await subject.backend.lookup(name('db'), subject.signal)).toMatchObject({ name: 'db' });
    clearTimeout(forgotten);
  });
  test('removing a volume that another host removes at the same moment succeeds', async () => {
    const volume = await subject.create('db');
    underTest.state.failNext('remote.rename', errno('ENOENT', 'db'), 'db');
    await subject.backend.remove(volume, subject.signal);
    expect(await subject.names()).toEqual([]);
  });
  test('a separate mount is also detected as lost, and mounted again', async () => {
    const volume = await subject.create('db', { isolation: 'volume' });
    await subject.write(volume, 'kept');
    const mountpoint = await subject.stage(volume);
    breakClients(underTest.state, underTest.servers.home, kind === nfsKind ? 'stale' : 'client-dead');
    expect(await subject.backend.isLost(volume, mountpoint, subject.signal)).toBe(true);
    await subject.backend.stage(volume, mountpoint, subject.signal);
    expect(await underTest.host.files.readText(`${mountpoint}/file`)).toBe('kept');
  });
  test('a directory created by hand is a conflict, and is adopted only on request', async () => {
    await subject.create('first');
    addFile(addDirectory(underTest.servers.home.root, 'db'), 'file', Buffer.from('by hand'));
    expect(await failure(subject.create('db'))).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('the option `path=db`'),
    });
    expect(await subject.names()).toEqual(['first']);
    const adopted = await subject.create('db', { path: 'db' });
    expect(await subject.read(adopted)).toBe('by hand');
  });
  test('a directory to adopt must exist, unless the options create it', async () => {
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
  test('a volume is never created inside another one', async () => {
    await subject.create('team-a');
    expect(await failure(subject.create('db', { subdir: 'team-a/db' }))).toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/db.*inside.*team-a/),
    });
    await subject.create('db', { subdir: 'team-b/db' });
    expect(await failure(subject.create('team-b'))).toMatchObject({ code: 'conflict' });
  });
  test('leftovers of an interrupted create are deleted after 15 minutes, and nothing else', async () => {
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
  test('the base mount is unmounted with the driver, unless a staged volume needs it', async () => {
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
  test('two hosts that create, mount and remove one name in turn find nothing of an earlier volume', async () => {
    const elsewhere = underTest.makeBackendElsewhere?.();
    if (!elsewhere) throw new Error('a share is on many hosts');
    const backends = [subject.backend, elsewhere];
    for (let round = 0; round < 6; round += 1) {
      const [one, two] = round % 2 === 0 ? backends : backends.toReversed();
      if (!one || !two) throw new Error('there are two');
      const volume = await one.create(subject.plan('db'), subject.signal);
      expect(await two.lookup(name('db'), subject.signal)).toMatchObject({ id: volume.id });
      expect(underTest.servers.home.root.entries.has('db')).toBe(true);
      if (round % 3 === 0) {
        const mountpoint = await subject.stage(volume);
        const inode = underTest.servers.home.root.entries.get('db')?.inode;
        expect(await underTest.host.mounts.at(mountpoint)).toMatchObject({ inode });
        await subject.unstage(volume);
      }
      await two.remove(volume, subject.signal);
      expect(underTest.servers.home.root.entries.has('db')).toBe(false);
      expect(await one.lookup(name('db'), subject.signal)).toBeUndefined();
    }
    await elsewhere.close();
  });
  test('a size that cannot be enforced is refused, or recorded on request', async () => {
    expect(() => subject.plan('db', { size: '1GiB' })).toThrow(/size.*sizeMode=advisory/);
    expect((await subject.create('db', { size: '1GiB', sizeMode: 'advisory' })).options).toMatchObject({
      size: '1GiB',
    });
  });
});

describe('problems of one kind of share', () => {
  test.each([
    ['driver', {}],
    ['volume', { isolation: 'volume' }],
  ])(
    'a glusterd that accepts connections but does not answer is skipped, also with isolation=%s',
    async (_, options) => {
      const underTest = await shareOnFakeHost(glusterKind);
      const subject = createSubject(shareDirectories, underTest);
      underTest.state.shares.set('gluster2:/gv0', underTest.servers.home);
      underTest.state.servers.set('gluster1:24007', () => 'silent');
      const volume = await subject.create('db', options);
      await subject.write(volume, 'kept');
      expect(subject.backend.health(volume)).toMatchObject({
        state: 'degraded',
        detail: expect.stringContaining('gluster1 does not answer'),
      });
      await subject.stage(volume);
      // The mount from the second server still works when the first is back, so it is not mounted again.
      underTest.state.servers.set('gluster1:24007', answersNull);
      const next = subject.reopen();
      expect(await next.list(subject.signal)).toHaveLength(1);
      expect(await underTest.host.mounts.below('/folder/work')).toHaveLength(1);
      expect(await subject.read(volume)).toBe('kept');
      await next.close();
    },
  );
  test('a mount is not lost while bricks are down: the client recovers by itself', async () => {
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
  test('a second NFS mount that got the options of the first is refused, and the error has both', async () => {
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

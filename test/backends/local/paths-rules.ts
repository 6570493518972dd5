import { beforeEach, describe, expect, test } from '@jest/globals';
import { isUnreadable, type Volume } from '../../../src/core/volume.ts';
import { type BackendSubject, createSubject } from '../../contract/backend/subject.ts';
import { directories, type LinkableHost, localOn } from './under-test.ts';

/** The rules for `-o path=…`, on any host with symlinks. */
export function describePaths(
  makeHost: () => Promise<LinkableHost>,
  onEnd: (end: () => Promise<void>) => void,
): void {
  let host: LinkableHost;
  let subject: BackendSubject;
  const at = (path: string): string => `${host.folder}/${path}`;
  const adopt = (path: string): Promise<Volume> => subject.create('db', { path: at(path) });
  beforeEach(async () => {
    host = await makeHost();
    onEnd(host.cleanUp);
    const { files } = host.host;
    for (const path of ['allowed/data', 'allowed2/data', 'secret/inner']) await files.makeDirectory(at(path));
    await files.writeText(at('secret/inner/file'), 'secret', 'replace');
    const underTest = await localOn(host, { allowedRoots: [at('allowed'), at('absent')] });
    subject = createSubject(directories, underTest);
  });
  const refusal = (pattern: RegExp) => ({ code: 'invalid', message: expect.stringMatching(pattern) });

  test('adopts a directory below an allowed root unchanged', async () => {
    await host.host.files.setOwner(at('allowed/data'), { uid: 7, gid: 8, mode: 0o701 });
    const volume = await adopt('allowed/data');
    const mountpoint = await subject.stage(volume);
    expect(await host.host.files.facts(mountpoint)).toEqual(await host.host.files.facts(at('allowed/data')));
  });
  test.each([
    ['secret/inner', /not below one of the driver's allowedRoots/],
    ['allowed', /is not below/],
    ['allowed2/data', /is not below/],
    ['allowed/missing', /does not exist: make it with `mkdir -p .*allowed\/missing`/],
    ['allowed/missing/deep', /does not exist: make it with `mkdir -p /],
    ['absent/missing', /does not exist: make it with `mkdir -p /],
    [
      'secret/missing',
      /is not below .*: add the directory above it to `allowedRoots` below `drivers\.\w+\.settings` in /,
    ],
    ['allowed2/missing/deep', /is not below/],
    ['allowed/file', /is not a directory/],
    ['volumes', /overlaps the driver's own root/],
  ])('refuses %p', async (path, pattern) => {
    await host.host.files.writeText(at('allowed/file'), '', 'replace');
    await subject.create('other');
    await expect(adopt(path)).rejects.toMatchObject(refusal(pattern));
    expect(await subject.names()).toEqual(['other']);
  });
  test('refuses symlinks that lead out of the root: at the end, on the way and in a chain', async () => {
    await host.link(at('secret'), at('allowed/out'));
    await host.link('../secret/inner', at('allowed/relative'));
    await host.link(at('allowed/out'), at('allowed/chain'));
    await host.link('/', at('allowed/slash'));
    await expect(adopt('allowed/out/missing')).rejects.toMatchObject(refusal(/leads to .*not below/));
    for (const path of ['out', 'out/inner', 'relative', 'chain/inner', 'slash', 'slash/etc']) {
      await expect(adopt(`allowed/${path}`)).rejects.toMatchObject({ code: 'invalid' });
    }
    expect(await subject.names()).toEqual([]);
  });
  test('follows a symlink that stays inside', async () => {
    await host.link('data', at('allowed/alias'));
    const mountpoint = await subject.stage(await adopt('allowed/alias'));
    expect((await host.host.files.facts(mountpoint))?.inode).toBe(
      (await host.host.files.facts(at('allowed/data')))?.inode,
    );
  });
  test('checks again at each mount: a symlink put there later is refused', async () => {
    const volume = await adopt('allowed/data');
    await host.host.files.rename(at('allowed/data'), at('allowed/moved'));
    await host.link(at('secret/inner'), at('allowed/data'));
    await expect(subject.stage(volume)).rejects.toMatchObject(
      refusal(/^Volume db could not be mounted: .*leads to/),
    );
    await host.host.files.removeFile(at('allowed/data'));
    await expect(subject.stage(volume)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await host.host.mounts.below(at('mnt'))).toEqual([]);
  });
  test('detects a swap between the check and the mount', async () => {
    const volume = await adopt('allowed/data');
    const { host: inner } = subject.underTest;
    const swapping = subject.reopen({
      settings: { allowedRoots: [at('allowed')] },
      host: {
        ...inner,
        mounts: {
          ...inner.mounts,
          bind: async (source, target, access) => {
            await inner.files.rename(at('allowed'), at('allowed-moved'));
            await host.link(at('secret'), at('allowed'));
            await inner.files.rename(at('secret/inner'), at('secret/data'));
            await inner.mounts.bind(source, target, access);
          },
        },
      },
    });
    const mountpoint = await subject.mountpointOf(volume);
    await expect(swapping.stage(volume, mountpoint, subject.signal)).rejects.toMatchObject({
      message: expect.stringMatching(/^Volume db could not be mounted: there is a symlink/),
    });
    expect(await inner.mounts.below(at('mnt'))).toEqual([]);
  });
  describe('on a disk', () => {
    const mountDisk = async (place = 'allowed/usb') => {
      for (const path of ['disk/photos', place]) await host.host.files.makeDirectory(at(path));
      await host.host.mounts.bind(at('disk'), at(place), []);
    };
    const ejected = (place = 'allowed/usb') => host.host.mounts.unmount(at(place));
    const away = {
      code: 'unavailable',
      message: expect.stringMatching(
        /^Volume db could not be mounted: its path .*usb.* nothing is mounted at .*\/usb, .*mount the disk/,
      ),
    };

    test.each(['allowed/usb', 'allowed/usb/photos'])(
      'is not staged from %s while the disk is not mounted',
      async (path) => {
        await mountDisk();
        const volume = await adopt(path);
        const mountpoint = await subject.stage(volume);
        await subject.backend.unstage(volume, mountpoint, subject.signal);
        await ejected();
        await expect(subject.stage(volume)).rejects.toMatchObject(away);
        await host.host.files.makeDirectory(at('allowed/usb/photos'));
        await expect(subject.stage(volume)).rejects.toMatchObject(away);
        const recorded = await subject.backend.lookup(volume.name, subject.signal);
        if (recorded === undefined || isUnreadable(recorded)) throw new Error('The volume has no record.');
        await expect(subject.reopen().stage(recorded, mountpoint, subject.signal)).rejects.toMatchObject(
          away,
        );
        expect(await host.host.mounts.below(at('mnt'))).toEqual([]);
        await mountDisk();
        await subject.stage(volume);
      },
    );
    test('is not staged from elsewhere if a symlink led to it', async () => {
      await mountDisk();
      await host.link('usb/photos', at('allowed/link'));
      const volume = await adopt('allowed/link');
      await host.host.files.removeFile(at('allowed/link'));
      await host.link('data', at('allowed/link'));
      await expect(subject.stage(volume)).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/leads to .*allowed\/data, which is not on .*allowed\/usb/),
      });
    });
    test('is unmounted again if the disk disappears at that moment', async () => {
      await mountDisk();
      const volume = await adopt('allowed/usb');
      const { host: inner } = subject.underTest;
      const ejecting = subject.reopen({
        host: {
          ...inner,
          mounts: {
            ...inner.mounts,
            bind: async (source, target, access) => {
              await ejected();
              await inner.mounts.bind(source, target, access);
            },
          },
        },
      });
      const mountpoint = await subject.mountpointOf(volume);
      await expect(ejecting.stage(volume, mountpoint, subject.signal)).rejects.toThrow('db');
      await ejecting.unstage(volume, mountpoint, subject.signal);
      expect(await host.host.mounts.below(at('mnt'))).toEqual([]);
    });
    test('can be removed and adopted again if the directory belongs to its new place', async () => {
      await mountDisk();
      await subject.backend.remove(await adopt('allowed/usb'), subject.signal);
      await ejected();
      await subject.stage(await adopt('allowed/usb'));
    });
    test.each(['allowed/usb', 'allowed'])(
      'is not adopted while requireMount demands %s',
      async (required) => {
        await host.host.files.makeDirectory(at('allowed/usb/photos'));
        const settings = { allowedRoots: [at('allowed')], requireMount: [at(required)] };
        const backend = subject.reopen({ settings });
        const plan = subject.plan('db', { path: at('allowed/usb/photos') }, backend);
        await expect(backend.create(plan, subject.signal)).rejects.toMatchObject({
          code: 'unavailable',
          message: expect.stringMatching(/nothing is mounted at .*requireMount/),
        });
        // Other volumes are not affected.
        await subject.create('other', {}, backend);
        await mountDisk(required);
        if (required === 'allowed') await host.host.files.makeDirectory(at('allowed/usb/photos'));
        const volume = await backend.create(plan, subject.signal);
        const mountpoint = await subject.mountpointOf(volume);
        await ejected(required);
        await expect(backend.stage(volume, mountpoint, subject.signal)).rejects.toMatchObject({
          code: 'unavailable',
        });
      },
    );
  });
  test("refuses the driver's own root, and paths inside or around it", async () => {
    const settings = { root: at('allowed/own/volumes'), allowedRoots: [host.folder] };
    const backend = subject.reopen({ settings });
    await subject.create('first', {}, backend);
    for (const path of ['', '/volumes', '/volumes/first', '/volumes/.holdfast/registry']) {
      const plan = subject.plan('db', { path: at(`allowed/own${path}`) }, backend);
      await expect(backend.create(plan, subject.signal)).rejects.toMatchObject(
        refusal(/overlaps the driver's own root/),
      );
    }
  });
  test.each(['trash', 'delete', 'retain'])('never touches the data, with onRemove %s', async (onRemove) => {
    const volume = await adopt('allowed/data');
    await subject.write(volume, 'theirs');
    await subject.reopen({ settings: { onRemove } }).remove(volume, subject.signal);
    subject.advance(100 * 24 * 3_600_000);
    await subject.backend.purge(subject.signal);
    expect(await host.host.files.readText(at('allowed/data/file'))).toBe('theirs');
    expect(await subject.names()).toEqual([]);
  });
}

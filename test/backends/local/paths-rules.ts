import { beforeEach, expect, test } from '@jest/globals';
import type { Volume } from '../../../src/core/volume.ts';
import { type BackendSubject, createSubject } from '../../contract/backend-subject.ts';
import { directories, type LinkableHost, localOn } from './local-under-test.ts';

/** What holds for `-o path=…`, on any host that knows symlinks. */
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

  test('adopts a directory below an allowed root as it is', async () => {
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
    ['allowed/file', /is not a directory/],
    ['volumes', /is not below/],
  ])('refuses %p', async (path, pattern) => {
    await host.host.files.writeText(at('allowed/file'), '', 'replace');
    await subject.create('other');
    await expect(adopt(path)).rejects.toMatchObject(refusal(pattern));
    expect(await subject.names()).toEqual(['other']);
  });
  test('refuses symlinks that lead out, at the end, on the way and in a chain', async () => {
    await host.link(at('secret'), at('allowed/out'));
    await host.link('../secret/inner', at('allowed/relative'));
    await host.link(at('allowed/out'), at('allowed/chain'));
    await host.link('/', at('allowed/slash'));
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
  test('looks again at each mount: a symlink put there later leads nowhere', async () => {
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
  test('is not fooled by a swap between the look and the mount', async () => {
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
  test("refuses the driver's own root, what is in it and what it is in", async () => {
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

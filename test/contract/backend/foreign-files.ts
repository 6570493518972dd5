import { expect, test } from '@jest/globals';
import type { Options, Volume } from '../../../src/core/volume.ts';
import { type OddKind, oddKinds } from '../../host/odd-files.ts';
import type { Current, ForeignStorage } from './contract.ts';
import { type BackendSubject, name } from './subject.ts';

const evil = name('evil');
const evilId = 'fedcba9876543210';

/** Hosts, containers and people can write to the storage. Their files have no effect and hide nothing. */
export function describeForeignFiles(get: Current): void {
  /** Only for storages that consist of files. */
  async function inStorage(
    work: (subject: BackendSubject, foreign: Foreign) => Promise<void>,
  ): Promise<void> {
    const subject = get();
    const { storage } = subject.underTest;
    if (storage === undefined) return;
    const good = await subject.create('good');
    if (subject.traits.data === 'owned') await subject.write(good, 'text');
    await work(subject, await foreignOf(subject, storage, good));
    if (subject.traits.data === 'owned') expect(await subject.read(good)).toBe('text');
  }

  test.each<[string, Options]>([
    ['a subdir', { subdir: '../../../../../../../etc' }],
    ['a path', { path: '/srv/../etc' }],
    ['a share', { share: 'elsewhere.example:/srv/../../etc' }],
    ['an option of mount', { isolation: 'volume', mountOptions: 'bind,/etc' }],
    ['an unknown option', { later: 'yes' }],
  ])(
    'a record with %s that a Create refuses is never mounted, and nothing is created or removed for it',
    (_, bad) =>
      inStorage(async (subject, { registry, trash, good, write }) => {
        const volume: Volume = { ...good, name: evil, id: evilId, options: { ...good.options, ...bad } };
        const removal = { removedAt: good.createdAt, purgeAfter: good.createdAt, kept: 'trash' };
        await write(`${registry}/evil.json`, JSON.stringify({ format: 1, volume }));
        await write(`${trash}/evil~${evilId}.json`, JSON.stringify({ format: 1, volume, ...removal }));
        await expect(subject.stage(volume)).rejects.toMatchObject({ name: 'VolumeError' });
        const mountpoint = await subject.mountpointOf(volume);
        expect(await subject.underTest.host.mounts.at(mountpoint)).toEqual({ kind: 'bare' });
        await expect(subject.backend.remove(volume, subject.signal)).rejects.toMatchObject({
          name: 'VolumeError',
        });
        const bringing = subject.backend.undelete({ volume, removedAt: good.createdAt }, subject.signal);
        await expect(bringing).rejects.toMatchObject({ name: 'VolumeError' });
        expect(await subject.removed()).toEqual([]);
        expect(await subject.backend.purge(subject.signal)).toEqual([]);
        expect(await subject.names()).toContain('good');
        expect(subject.events).toContain('record-unreadable');
      }),
  );

  test('odd files among the records hide no record, block nothing, and are not read', () =>
    inStorage(async (subject, { registry, trash, outside, storage }) => {
      const { host, folder } = subject.underTest;
      await host.files.writeText(`${outside}/secret`, 'root:SECRET:0:0', 'exclusive');
      await host.files.createSparse(`${registry}/huge.json`, 2 ** 40);
      for (const directory of [registry, trash]) {
        // More than the pool has threads.
        const odd = [...oddKinds, ...Array.from({ length: 5 }, (): OddKind => 'fifo')];
        for (const [index, kind] of odd.entries())
          await storage.putOdd(kind, `${directory}/odd${index}.json`);
        await storage.link(`${outside}/secret`, `${directory}/secret.json`);
        await storage.link('/dev/zero', `${directory}/zero.json`);
        await storage.link(`${directory}/loop.json`, `${directory}/loop.json`);
        await host.files.makeDirectory(`${directory}/directory.json/sub`);
        await storage.putOdd('fifo', `${directory}/.tmp-fifo`);
      }
      const other = await subject.create('other');
      const mountpoint = await subject.stage(other);
      expect(mountpoint).toContain(folder);
      await subject.unstage(other);
      const gone = await subject.create('gone');
      await subject.backend.remove(gone, subject.signal);
      expect((await subject.removed()).map(({ volume }) => volume.name)).toEqual(['gone']);
      await subject.backend.purge(subject.signal);
      await subject.backend.undelete({ volume: gone, removedAt: gone.createdAt }, subject.signal);
      expect(await subject.names()).toEqual(expect.arrayContaining(['gone', 'good', 'other']));
      for (const odd of ['odd0', 'odd1', 'odd2', 'secret', 'zero', 'loop', 'directory', 'huge']) {
        const looking = subject.backend.lookup(name(odd), subject.signal).then((found) => {
          throw Object.assign(new Error(JSON.stringify(found)), { found });
        });
        const said = await looking.catch((error: Error) => error.message);
        expect(said).toContain(odd);
        expect(said).not.toContain('SECRET');
      }
      // The server is slow on a busy machine.
      expect(['ok', 'slow']).toContain(subject.backend.health(other)?.state ?? 'ok');
    }));

  test.each(['.holdfast', '.holdfast/registry', '.holdfast/trash', '.holdfast/new', '.holdfast/images'])(
    'a symlink in place of %s is not followed: its target is not written, read or removed',
    (place) =>
      inStorage(async (subject, { root, outside, storage, good }) => {
        const { host } = subject.underTest;
        if ((await host.files.facts(`${root}/${place}`)) === undefined) return;
        await host.files.rename(`${root}/${place}`, `${root}/aside`);
        await storage.link(outside, `${root}/${place}`);
        const acts = [
          () => subject.backend.list(subject.signal),
          () => subject.create('new'),
          () => subject.backend.remove(good, subject.signal),
          () => subject.removed(),
          () => subject.backend.purge(subject.signal),
        ];
        const results = [];
        for (const act of acts) results.push(...(await Promise.allSettled([act()])));
        for (const result of results) {
          if (result.status === 'rejected') expect(result.reason).toMatchObject({ name: 'VolumeError' });
        }
        expect(await host.files.list(outside)).toEqual([]);
        await host.files.removeFile(`${root}/${place}`);
        await host.files.rename(`${root}/aside`, `${root}/${place}`);
        // The removal succeeds if it does not use this place.
        const removed = (await subject.removed()).find(({ volume }) => volume.id === good.id);
        if (removed !== undefined) await subject.backend.undelete(removed, subject.signal);
      }),
  );
}

interface Foreign {
  readonly storage: ForeignStorage;
  readonly root: string;
  readonly registry: string;
  readonly trash: string;
  /** An empty directory outside the storage. */
  readonly outside: string;
  /** An intact volume. */
  readonly good: Volume;
  write(path: string, text: string): Promise<void>;
}

async function foreignOf(
  { underTest }: BackendSubject,
  storage: ForeignStorage,
  good: Volume,
): Promise<Foreign> {
  const root = await storage.root();
  const outside = `${underTest.folder}/outside`;
  await underTest.host.files.makeDirectory(outside);
  return {
    ...{ storage, root, outside, good },
    registry: `${root}/.holdfast/registry`,
    trash: `${root}/.holdfast/trash`,
    write: async (path, text) => void (await underTest.host.files.writeText(path, text, 'replace')),
  };
}

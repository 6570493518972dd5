import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { isUnreadable } from '../../../src/core/volume.ts';
import type { Files } from '../../../src/host/host.ts';
import type { Current } from './contract.ts';
import { name } from './subject.ts';

export function describeUnreadable(get: Current): void {
  const refused = (name: string) =>
    expect.objectContaining({
      message: expect.stringMatching(new RegExp(`${name}.*cannot be read.*data is untouched`)),
    });

  test('keeps its name in list and get, with the reason and the way out', async () => {
    await get().create('db');
    const other = await get().create('web');
    await get().underTest.spoilRecord('db');
    for (const backend of [get().backend, get().reopen()]) {
      const unreadable = {
        name: 'db',
        unreadable: expect.stringMatching(/db.*cannot be read \(.+\).*untouched.*to forget/),
      };
      expect(await backend.list(get().signal)).toEqual([unreadable, other]);
      expect(await backend.lookup(name('db'), get().signal)).toEqual(unreadable);
    }
    expect(get().events).toContain('record-unreadable');
  });
  test('is never replaced or removed, and has its data once the record is repaired', async () => {
    const removed = await get().create('db');
    await get().backend.remove(removed, get().signal);
    const volume = await get().create('db');
    await get().write(volume, 'mine');
    const mend = await get().underTest.spoilRecord('db');
    const other = get().plan('db');
    await expect(get().backend.create(other, get().signal)).rejects.toEqual(refused('db'));
    await get()
      .backend.discard(other, get().signal)
      .catch(() => undefined);
    await expect(get().backend.remove(volume, get().signal)).rejects.toEqual(refused('db'));
    const back = get().backend.undelete({ volume: removed, removedAt: removed.createdAt }, get().signal);
    await expect(back).rejects.toEqual(refused('db'));
    get().advance(1000 * 24 * 3_600_000);
    await get().backend.purge(get().signal);
    const found = await get().backend.lookup(name('db'), get().signal);
    expect(found && isUnreadable(found)).toBe(true);
    await mend();
    expect(await get().listed()).toEqual([volume]);
    expect(await get().read(volume)).toBe('mine');
  });
}

/** Spoils a record on a storage whose records are files below this directory. */
export function spoilFile(files: Pick<Files, 'readText' | 'writeText'>, registry: string) {
  return async (name: string) => {
    const file = join(registry, `${name}.json`);
    const text = (await files.readText(file)) ?? '';
    await files.writeText(file, '', 'replace');
    return async () => void (await files.writeText(file, text, 'replace'));
  };
}

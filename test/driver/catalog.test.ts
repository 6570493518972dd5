import { describe, expect, test } from '@jest/globals';
import { silentLog } from '../../src/core/log.ts';
import { parseVolumeName } from '../../src/core/names.ts';
import type { Volume } from '../../src/core/volume.ts';
import { type Catalog, openCatalog } from '../../src/driver/catalog.ts';
import { createFakeHost } from '../fakes/fake-host.ts';

function volume(name: string, id = name): Volume {
  return { name: parseVolumeName(name), id, options: {}, given: {}, createdAt: '2026-01-01T00:00:00.000Z' };
}

const host = () => createFakeHost();
const nobody = (): boolean => false;

async function open(over = host()): Promise<Catalog> {
  await over.files.makeDirectory('/state');
  return openCatalog(over, silentLog, '/state');
}

function names(catalog: Catalog): readonly string[] {
  return [...catalog.volumes()].map(({ name }) => name).sort();
}

describe('the catalog', () => {
  test('is there again after a restart', async () => {
    const machine = host();
    const first = await open(machine);
    expect(first.known).toBe(false);
    first.put(volume('a'));
    first.put(volume('b'));
    first.delete(volume('a').name);
    await first.close();
    const second = await open(machine);
    expect(second.known).toBe(true);
    expect(names(second)).toEqual(['b']);
  });

  test('takes over what the storage lists', async () => {
    const catalog = await open();
    catalog.put(volume('gone'));
    catalog.put(volume('replaced', 'old'));
    await catalog.refresh(async () => [volume('new'), volume('replaced', 'young')], nobody);
    expect(names(catalog)).toEqual(['new', 'replaced']);
    expect(catalog.get(volume('replaced').name)?.id).toBe('young');
    expect(catalog.listedAt).toBeDefined();
  });

  test('does not take over what changed here while the storage was listed', async () => {
    const catalog = await open();
    catalog.put(volume('removed'));
    let finish: (listed: readonly Volume[]) => void = () => undefined;
    const refreshed = catalog.refresh(
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
      nobody,
    );
    catalog.put(volume('created'));
    catalog.delete(volume('removed').name);
    finish([volume('removed')]);
    await refreshed;
    expect(names(catalog)).toEqual(['created']);
  });

  test('keeps what is staged, listed or not', async () => {
    const catalog = await open();
    catalog.put(volume('staged'));
    await catalog.refresh(
      async () => [],
      (name) => name === 'staged',
    );
    expect(names(catalog)).toEqual(['staged']);
  });

  test('keeps everything when the storage cannot be listed', async () => {
    const catalog = await open();
    catalog.put(volume('a'));
    await expect(catalog.refresh(() => Promise.reject(new Error('EIO')), nobody)).rejects.toThrow('EIO');
    expect(names(catalog)).toEqual(['a']);
    await catalog.refresh(async () => [volume('a')], nobody);
    expect(catalog.listedAt).toBeDefined();
  });

  test('lists once for refreshes at the same time', async () => {
    const catalog = await open();
    let lists = 0;
    const list = async (): Promise<readonly Volume[]> => {
      lists += 1;
      return [];
    };
    await Promise.all([catalog.refresh(list, nobody), catalog.refresh(list, nobody)]);
    expect(lists).toBe(1);
  });

  test('changes its revision with each change only', async () => {
    const catalog = await open();
    const { revision } = catalog;
    catalog.put(volume('a'));
    const after = catalog.revision;
    expect(after).not.toBe(revision);
    await catalog.refresh(async () => [volume('a')], nobody);
    expect(catalog.revision).toBe(after);
  });
});

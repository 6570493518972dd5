import { describe, expect, test } from '@jest/globals';
import { checksum } from '../../../src/core/checksum.ts';
import { silentLog } from '../../../src/core/log.ts';
import { parseVolumeName } from '../../../src/core/names.ts';
import type { Volume } from '../../../src/core/volume.ts';
import { type Catalog, openCatalog } from '../../../src/driver/state/catalog.ts';
import { createFakeHost } from '../../fakes/host/fake-host.ts';

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
  test('survives a restart', async () => {
    const machine = host();
    const first = await open(machine);
    expect(first.known).toBe(false);
    await first.refresh(async () => [], nobody);
    first.put(volume('a'));
    first.put(volume('b'));
    first.delete(volume('a').name);
    await first.close();
    const second = await open(machine);
    expect(second.known).toBe(true);
    expect(names(second)).toEqual(['b']);
  });

  test('is never treated as complete after its file was truncated or emptied', async () => {
    const machine = host();
    const first = await open(machine);
    await first.refresh(async () => ['a', 'b', 'c'].map((name) => volume(name)), nobody);
    await first.close();
    const again = await open(machine);
    expect(again.known).toBe(true);
    again.put(volume('d'));
    await again.close();
    const text = (await machine.files.readText('/state/catalog.jsonl')) ?? '';
    for (let length = 0; length < text.length; length += 1) {
      await machine.files.writeText('/state/catalog.jsonl', text.slice(0, length), 'replace');
      const cut = await open(machine);
      expect([length, cut.known]).toEqual([length, false]);
      await cut.close();
      const after = await open(machine);
      expect([length, after.known]).toEqual([length, false]);
    }
    await machine.files.writeText('/state/catalog.jsonl', text, 'replace');
    const whole = await open(machine);
    expect(whole.known).toBe(true);
    expect(names(whole)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('is found damaged, wherever a character of its file was changed', async () => {
    const machine = host();
    const first = await open(machine);
    await first.refresh(async () => ['a', 'b'].map((name) => volume(name)), nobody);
    await first.close();
    const text = (await machine.files.readText('/state/catalog.jsonl')) ?? '';
    for (let at = 0; at < text.length - 1; at += 1) {
      if (text[at] === '\n') continue;
      const changed = `${text.slice(0, at)}${text[at] === 'x' ? 'y' : 'x'}${text.slice(at + 1)}`;
      await machine.files.writeText('/state/catalog.jsonl', changed, 'replace');
      const damaged = await open(machine);
      expect([at, damaged.size, damaged.known]).toEqual([at, 0, false]);
      await damaged.close();
    }
  });

  test('loses only its mark when it is opened, and keeps the checksum of the rest', async () => {
    const machine = host();
    const first = await open(machine);
    await first.refresh(async () => [volume('a'), volume('b')], nobody);
    await first.close();
    const sealed = (await machine.files.readText('/state/catalog.jsonl')) ?? '';
    const lines = sealed.trimEnd().split('\n');
    const second = await open(machine);
    expect(await machine.files.readText('/state/catalog.jsonl')).toBe(`${lines.slice(0, -1).join('\n')}\n`);
    second.put(volume('c'));
    await second.close();
    const text = (await machine.files.readText('/state/catalog.jsonl')) ?? '';
    const last = text.trimEnd().split('\n').at(-1) ?? '';
    const before = text.slice(0, -last.length - 1);
    expect(JSON.parse(last.slice(9))).toEqual({ kind: 'end', count: 3, sum: checksum(before) });
  });

  async function afterComingAndGoing(machine: ReturnType<typeof host>, count: number) {
    const first = await open(machine);
    await first.refresh(async () => ['a', 'b', 'c'].map((name) => volume(name)), nobody);
    for (let at = 0; at < count; at += 1) {
      first.put(volume(`gone-${at}`));
      first.delete(volume(`gone-${at}`).name);
    }
    await first.close();
    const text = (await machine.files.readText('/state/catalog.jsonl')) ?? '';
    return { text, lines: text.trimEnd().split('\n').length };
  }

  test('is closed without the records of many volumes that came and went, and is as complete', async () => {
    const machine = host();
    const { text, lines } = await afterComingAndGoing(machine, 150);
    expect(lines).toBe(4);
    expect(text).not.toContain('gone-');
    const second = await open(machine);
    expect([names(second), second.known]).toEqual([['a', 'b', 'c'], true]);
    await second.close();
    // With little to leave out, nothing is written again.
    expect((await afterComingAndGoing(host(), 100)).lines).toBe(3 + 200 + 1);
  });

  test('is closed as it is where the disk has no room for another', async () => {
    const machine = host();
    const full = {
      ...machine,
      files: { ...machine.files, writeText: async () => Promise.reject(new Error()) },
    };
    expect((await afterComingAndGoing(full, 150)).lines).toBe(3 + 300 + 1);
    const second = await open(machine);
    expect([names(second), second.known]).toEqual([['a', 'b', 'c'], true]);
  });

  test('that was killed between its replacement and its mark has all volumes, and is not complete', async () => {
    const machine = host();
    const { text } = await afterComingAndGoing(machine, 150);
    const replaced = text.slice(0, text.trimEnd().lastIndexOf('\n') + 1);
    await machine.files.writeText('/state/catalog.jsonl', replaced, 'replace');
    const second = await open(machine);
    expect([names(second), second.known]).toEqual([['a', 'b', 'c'], false]);
  });

  test('that was never listed or read is not marked complete when it is closed', async () => {
    const machine = host();
    const first = await open(machine);
    first.put(volume('a'));
    await first.close();
    const second = await open(machine);
    expect(second.known).toBe(false);
    expect(names(second)).toEqual(['a']);
  });

  test('keeps the name of an unreadable volume, also after a restart', async () => {
    const machine = host();
    const first = await open(machine);
    first.put(volume('a'));
    const unreadable = { name: volume('a').name, unreadable: 'Its record is empty: restore it.' };
    await first.refresh(async () => [unreadable], nobody);
    await first.close();
    const second = await open(machine);
    expect([...second.volumes()]).toEqual([unreadable]);
    expect([second.size, second.unreadable]).toEqual([1, 1]);
    await second.refresh(async () => [volume('a')], nobody);
    expect([...second.volumes()]).toEqual([volume('a')]);
    expect([second.size, second.unreadable]).toEqual([1, 0]);
  });

  test('has what the storage lists', async () => {
    const catalog = await open();
    catalog.put(volume('gone'));
    catalog.put(volume('replaced', 'old'));
    await catalog.refresh(async () => [volume('new'), volume('replaced', 'young')], nobody);
    expect(names(catalog)).toEqual(['new', 'replaced']);
    expect(catalog.get(volume('replaced').name)).toHaveProperty('id', 'young');
    expect(catalog.listedAt).toBeDefined();
  });

  test('keeps changes made here while the storage was listed', async () => {
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

  test('keeps what is staged, even if it is not listed', async () => {
    const catalog = await open();
    catalog.put(volume('staged'));
    await catalog.refresh(
      async () => [],
      (name) => name === 'staged',
    );
    expect(names(catalog)).toEqual(['staged']);
  });

  test('keeps everything if the storage cannot be listed', async () => {
    const catalog = await open();
    catalog.put(volume('a'));
    await expect(catalog.refresh(() => Promise.reject(new Error('EIO')), nobody)).rejects.toThrow('EIO');
    expect(names(catalog)).toEqual(['a']);
    await catalog.refresh(async () => [volume('a')], nobody);
    expect(catalog.listedAt).toBeDefined();
  });

  test('lists once for simultaneous refreshes', async () => {
    const catalog = await open();
    let lists = 0;
    const list = async (): Promise<readonly Volume[]> => {
      lists += 1;
      return [];
    };
    await Promise.all([catalog.refresh(list, nobody), catalog.refresh(list, nobody)]);
    expect(lists).toBe(1);
  });

  test('changes its revision exactly with each change', async () => {
    const catalog = await open();
    const { revision } = catalog;
    catalog.put(volume('a'));
    const after = catalog.revision;
    expect(after).not.toBe(revision);
    await catalog.refresh(async () => [volume('a')], nobody);
    expect(catalog.revision).toBe(after);
  });
});

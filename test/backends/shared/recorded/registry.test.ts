import { describe, expect, test } from '@jest/globals';
import { createRegistry } from '../../../../src/backends/shared/recorded/registry.ts';
import { parseVolumeName } from '../../../../src/core/names.ts';
import type { Volume } from '../../../../src/core/volume.ts';
import { createFakeHost, createFakeState } from '../../../fakes/host/fake-host.ts';
import { errno } from '../../../fakes/host/paths.ts';

const signal = new AbortController().signal;
const db = parseVolumeName('db');
/** The gate has tests of its own. */
const admitAny = (volume: Volume) => volume;

function volume(name: string, id = 1): Volume {
  return {
    name: parseVolumeName(name),
    id: id.toString(16).padStart(16, '0'),
    options: { size: '1GiB' },
    given: {},
    createdAt: '2026-01-01T00:00:00.000Z',
  };
}

async function opened() {
  const state = createFakeState();
  const { files } = createFakeHost(state);
  await files.makeDirectory('/registry');
  return { state, files, registry: createRegistry(files, '/registry', admitAny) };
}

describe('a registry', () => {
  test('returns exactly what was added', async () => {
    const { registry } = await opened();
    expect(await registry.add(volume('db'))).toBe(true);
    expect(await registry.lookup(db)).toEqual(volume('db'));
    expect(await registry.list(signal)).toEqual({ volumes: [volume('db')], unreadable: [] });
  });
  test('gives a name to the first of two', async () => {
    const { registry } = await opened();
    const [first, second] = await Promise.all([registry.add(volume('db', 1)), registry.add(volume('db', 2))]);
    expect([first, second].filter(Boolean)).toHaveLength(1);
    expect((await registry.lookup(db))?.id).toBe(first ? volume('db', 1).id : volume('db', 2).id);
  });
  test('checks a record once while its text stays the same, and any other text again', async () => {
    const { files } = await opened();
    let checks = 0;
    const open = () =>
      createRegistry(files, '/registry', (found) => {
        checks += 1;
        return found;
      });
    const registry = open();
    await registry.add(volume('db', 1));
    expect(await registry.lookup(db)).toEqual(volume('db', 1));
    expect(checks).toBe(0);
    const later = open();
    expect(await later.lookup(db)).toEqual(await later.lookup(db));
    expect(checks).toBe(1);
    for (let index = 0; index < 64; index += 1) await registry.add(volume(`other${index}`));
    await registry.lookup(db);
    expect(checks).toBe(2);
    await registry.replace(volume('db', 2));
    expect((await registry.lookup(db))?.id).toBe(volume('db', 2).id);
    await files.writeText('/registry/db.json', '{', 'replace');
    await expect(registry.lookup(db)).rejects.toMatchObject({ code: 'failed' });
  });
  test('distinguishes a missing directory from an empty one', async () => {
    const { files, registry } = await opened();
    expect(await registry.list(signal)).toEqual({ volumes: [], unreadable: [] });
    expect(await createRegistry(files, '/nowhere', admitAny).list(signal)).toBeUndefined();
  });
  test.each([
    ['', 'JSON'],
    ['{', 'JSON'],
    ['null', 'object'],
    ['{"format":2}', 'format'],
    [JSON.stringify({ format: 1, volume: { ...volume('db'), name: '../etc' } }), 'volume.name'],
    [JSON.stringify({ format: 1, volume: { ...volume('db'), id: '../etc' } }), 'volume.id'],
    [JSON.stringify({ format: 1, volume: { ...volume('db'), options: { size: 1 } } }), 'volume.options.size'],
    [JSON.stringify({ format: 1, volume: volume('other') }), 'describes the volume other'],
  ])('never treats the record %p as absent', async (text, reason) => {
    const { files, registry } = await opened();
    await registry.add(volume('ok'));
    await files.writeText('/registry/db.json', text, 'replace');
    await expect(registry.lookup(db)).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringMatching(/volume db.*data is untouched.*\/registry\/db\.json/),
    });
    expect(await registry.add(volume('db'))).toBe(false);
    expect(await files.readText('/registry/db.json')).toBe(text);
    expect(await registry.list(signal)).toEqual({
      volumes: [volume('ok')],
      unreadable: [{ file: '/registry/db.json', reason: expect.stringContaining(reason) }],
    });
  });
  test('skips a record on a bad sector, and fails if the storage is gone', async () => {
    const { state, registry } = await opened();
    await registry.add(volume('bad'));
    await registry.add(volume('ok'));
    state.failNext('files.readText', errno('EIO', 'bad'), 'bad');
    expect(await registry.list(signal)).toMatchObject({
      volumes: [volume('ok')],
      unreadable: [{ file: '/registry/bad.json' }],
    });
    state.failNext('files.readText', errno('ESTALE', 'bad'), 'bad');
    await expect(registry.list(signal)).rejects.toMatchObject({ code: 'ESTALE' });
  });
  test('accepts keys that a later version may add, and skips temporary files', async () => {
    const { files, registry } = await opened();
    const record = { format: 1, added: true, volume: { ...volume('db'), added: 1 } };
    await files.writeText('/registry/db.json', JSON.stringify(record), 'replace');
    await files.writeText('/registry/.tmp-x.json', '', 'replace');
    expect(await registry.list(signal)).toEqual({ volumes: [volume('db')], unreadable: [] });
  });
  test('lists ten thousand records, with at most eight files open at once', async () => {
    const { files } = await opened();
    let [now, most] = [0, 0];
    const counting = {
      ...files,
      readText: async (path: string) => {
        most = Math.max(most, ++now);
        const text = await files.readText(path);
        now--;
        return text;
      },
    };
    const registry = createRegistry(counting, '/registry', admitAny);
    for (let index = 0; index < 10_000; index++) await registry.add(volume(`v${index}`, index));
    expect((await registry.list(signal))?.volumes).toHaveLength(10_000);
    expect(most).toBe(8);
  });
  test('stops listing when its signal is aborted', async () => {
    const { registry } = await opened();
    await registry.add(volume('db'));
    await expect(registry.list(AbortSignal.abort())).rejects.toMatchObject({ code: 'timeout' });
  });
});

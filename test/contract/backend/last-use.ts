import { expect, test } from '@jest/globals';
import type { Backend } from '../../../src/backends/backend.ts';
import type { Current } from './contract.ts';

const minute = 60_000;

export function describeLastUse(get: Current): void {
  const lastUses = (backend: Backend = get().backend) => backend.lastUses(get().signal);
  const now = () => get().underTest.host.now();

  test('is absent until it is recorded, and then also seen after a restart', async () => {
    const [db, other] = [await get().create('db'), await get().create('other')];
    expect((await lastUses()).size).toBe(0);
    const at = now();
    await get().backend.noteUse([db], now(), get().signal);
    const noted = await lastUses(get().reopen());
    expect(Math.abs((noted.get(db.id) ?? 0) - at)).toBeLessThan(minute);
    expect(noted.has(other.id)).toBe(false);
  });
  test('is recorded at most once an hour', async () => {
    const db = await get().create('db');
    await lastUses();
    await get().backend.noteUse([db], now(), get().signal);
    const first = (await lastUses()).get(db.id) ?? 0;
    get().advance(30 * minute);
    await get().backend.noteUse([db], now(), get().signal);
    expect((await lastUses()).get(db.id)).toBe(first);
    get().advance(31 * minute);
    await get().backend.noteUse([db], now(), get().signal);
    expect((await lastUses()).get(db.id)).toBeGreaterThanOrEqual(first + 60 * minute);
  });
  test('is recorded as when it was, after a restart as well, and not over a later one', async () => {
    const [db, other] = [await get().create('db'), await get().create('other')];
    const at = now();
    get().advance(5 * 60 * minute);
    await get().reopen().noteUse([db], at, get().signal);
    expect((await lastUses()).get(db.id)).toBe(at);
    await get().backend.noteUse([other], now(), get().signal);
    const later = (await lastUses()).get(other.id) ?? 0;
    await get().backend.noteUse([other], at, get().signal);
    expect((await lastUses()).get(other.id)).toBe(later);
    expect(later).toBeGreaterThan(at);
  });
  test('that a wrong clock recorded is replaced', async () => {
    const db = await get().create('db');
    get().misset(48 * 60 * minute);
    await get().backend.noteUse([db], now(), get().signal);
    get().misset(0);
    await lastUses();
    const at = now();
    await get().backend.noteUse([db], at, get().signal);
    expect((await lastUses()).get(db.id)).toBe(at);
  });
  test('of an earlier volume of the name, recorded late, does not replace that of the present one', async () => {
    const before = await get().create('db');
    const at = now();
    get().advance(minute);
    await get().backend.remove(before, get().signal);
    const db = await get().create('db');
    await get().backend.noteUse([db], now(), get().signal);
    await get().backend.noteUse([before], at, get().signal);
    expect((await lastUses()).has(db.id)).toBe(true);
  });
  test('is not that of an earlier volume of the name, and survives its purge', async () => {
    const db = await get().create('db');
    await lastUses();
    await get().backend.noteUse([db], now(), get().signal);
    await get().backend.purge(get().signal);
    expect((await lastUses()).has(db.id)).toBe(true);
    await get().backend.remove(db, get().signal);
    const again = await get().create('db');
    expect((await lastUses()).has(again.id)).toBe(false);
  });
  test('is ignored if its file is damaged or foreign, which hides no other', async () => {
    const { storage, host } = get().underTest;
    if (storage === undefined) return;
    const volumes = [await get().create('a'), await get().create('b'), await get().create('c')];
    await get().backend.noteUse(volumes, now(), get().signal);
    const folder = `${await storage.root()}/.holdfast/uses`;
    const text = (await host.files.readText(`${folder}/a.json`)) ?? '';
    await host.files.writeText(`${folder}/a.json`, text.replace('"usedAt":"2', '"usedAt":"3'), 'replace');
    await host.files.removeFile(`${folder}/b.json`);
    await storage.putOdd('fifo', `${folder}/b.json`);
    await host.files.writeText(`${folder}/no volume.json`, 'nothing', 'replace');
    const noted = await lastUses();
    expect(volumes.map(({ id }) => noted.has(id))).toEqual([false, false, true]);
    await get().backend.purge(get().signal);
    expect(await host.files.facts(`${folder}/no volume.json`)).toBeUndefined();
  });
}

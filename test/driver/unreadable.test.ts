import { beforeEach, describe, expect, test } from '@jest/globals';
import { id, openRig, present, type Rig, volume } from '../fakes/rig.ts';

const db = volume('db');
const record = '/srv/volumes/.holdfast/registry/db.json';
const refusal = expect.objectContaining({
  code: 'failed',
  message: expect.stringMatching(/volume db cannot be read.*data is untouched.*move the file away/),
});
let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
  await rig.driver.create(db, {});
});
const restart = () => openRig({ state: rig.state });
const texts = ['', '{', '\u0000'.repeat(4096), '{"format":2}'];

describe('a volume whose record cannot be read', () => {
  test.each(texts)('is listed and shown as unreadable, even by a host that knew it: %j', async (text) => {
    await rig.host.files.writeText(record, text, 'replace');
    const known = { name: 'db', unreadable: expect.stringContaining(record) };
    const { driver } = await restart();
    expect([...driver.list()]).toEqual([{ volume: known }]);
    expect(await driver.get(db)).toMatchObject({ volume: known, holders: [] });
  });
  test.each(texts)('is refused by Mount, Create and Remove, and stays unchanged: %j', async (text) => {
    await rig.driver.close();
    await rig.host.files.removeFile('/srv/state/catalog.jsonl');
    await rig.host.files.writeText(record, text, 'replace');
    const { driver, host } = await restart();
    await expect(driver.mount(db, id('1'), present)).rejects.toEqual(refusal);
    await expect(driver.create(db, {})).rejects.toEqual(refusal);
    await expect(driver.create(db, { mode: '0700' })).rejects.toEqual(refusal);
    await expect(driver.remove(db)).rejects.toEqual(refusal);
    expect(await host.files.readText(record)).toBe(text);
    expect(await host.files.facts('/srv/volumes/db')).toBeDefined();
    expect([...driver.list()].map((one) => one.volume.name)).toEqual(['db']);
  });
  test('is usable again once its record is repaired', async () => {
    const text = (await rig.host.files.readText(record)) ?? '';
    await rig.driver.close();
    await rig.host.files.removeFile('/srv/state/catalog.jsonl');
    await rig.host.files.writeText(record, '', 'replace');
    const { driver, host } = await restart();
    await expect(driver.mount(db, id('1'), present)).rejects.toEqual(refusal);
    await host.files.writeText(record, text, 'replace');
    await driver.mount(db, id('1'), present);
    expect((await driver.get(db))?.volume).toHaveProperty('options');
  });
  test('that is mounted stays known, and can be unmounted', async () => {
    await rig.driver.mount(db, id('1'), present);
    await rig.host.files.writeText(record, '', 'replace');
    const { driver } = await restart();
    await driver.lookup(db, 'long');
    expect(await driver.get(db)).toMatchObject({ mountpoint: rig.mountpoint('db'), holders: [{ id: '1' }] });
    await driver.unmount(db, id('1'));
    expect((await driver.get(db))?.holders).toEqual([]);
  });
  test.each(['EIO', 'EACCES', 'ELOOP', 'EFBIG'])(
    'because of an error of its file alone (%s) is not absent',
    async (code) => {
      const error = Object.assign(new Error(code), { code });
      rig.state.failNext('files.readText', error, 'db.json');
      expect(await rig.driver.lookup(db, 'long')).toEqual({
        name: 'db',
        unreadable: expect.stringContaining(code),
      });
      rig.state.failNext('files.readText', error, 'none.json');
      await expect(rig.driver.lookup(volume('none'), 'long')).rejects.toMatchObject({
        message: expect.stringContaining(code),
      });
    },
  );
});

describe('a storage that seems never to have been used', () => {
  test('is not treated as empty by a host that knows volumes there', async () => {
    await rig.driver.close();
    await rig.host.files.rename('/srv/volumes', '/srv/elsewhere');
    const { driver } = await restart();
    expect((await driver.get(db))?.volume.name).toBe('db');
    await expect(driver.lookup(db, 'long')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/existed before and is missing now.*catalog\.jsonl/),
    });
    await expect(driver.create(volume('web'), {})).rejects.toMatchObject({ code: 'unavailable' });
    expect([...driver.list()].map((one) => one.volume.name)).toEqual(['db']);
  });
});

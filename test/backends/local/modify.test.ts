import { beforeEach, expect, test } from '@jest/globals';
import { type Options, requireReadable } from '../../../src/core/volume.ts';
import { id, openRig, present, type Rig, volume } from '../../fakes/rig.ts';

const db = volume('db');
const holder = id('docker');
let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
  await rig.driver.create(db, {});
});

const optionsOf = async (of: Rig) => {
  const view = await of.driver.get(db);
  if (view === undefined) throw new Error('it exists');
  return requireReadable(view.volume).options;
};
const foreseen = async (options: Options) => {
  const { steps } = await rig.driver.foresee({ verb: 'modify', name: db, options });
  return steps.map(({ act, about }) => `${act} ${about}`);
};
const flags = async () => {
  await rig.driver.mount(db, holder, present);
  const found = rig.state.mounts.find(({ mountpoint }) => mountpoint === rig.mountpoint('db'));
  await rig.driver.unmount(db, holder);
  return found?.options.filter((option) => ['ro', 'noexec'].includes(option));
};

test('the next mount has the changed flags, also after a restart', async () => {
  const wanted = { noexec: 'true', ro: '' };
  expect(await foreseen(wanted)).toEqual([
    'modify readOnly from false to true, noexec from the usual to true',
  ]);
  await rig.driver.modify(db, wanted);
  expect(await optionsOf(rig)).toMatchObject({ readOnly: 'true', noexec: 'true', mode: '0755' });
  expect(rig.acts.at(-1)).toMatchObject({
    act: 'modify',
    evidence: 'by request readOnly from false to true, noexec from false to true',
  });
  expect(await flags()).toEqual(['ro', 'noexec']);
  await rig.driver.close();
  const record = await rig.host.files.readText('/srv/volumes/.holdfast/registry/db.json');
  expect(record).toContain('"noexec":"true"');
  rig = await openRig({ state: rig.state });
  expect(await flags()).toEqual(['ro', 'noexec']);
  await rig.driver.modify(db, { exec: '', readOnly: 'false' });
  expect(await flags()).toEqual([]);
});

test('a volume in use keeps its flags, unless it has all of them already', async () => {
  await rig.driver.mount(db, holder, present);
  await expect(foreseen({ noexec: 'true' })).rejects.toMatchObject({ code: 'in-use' });
  await expect(rig.driver.modify(db, { noexec: 'true' })).rejects.toMatchObject({ code: 'in-use' });
  expect((await optionsOf(rig)).noexec).toBeUndefined();
  await rig.driver.modify(db, { noexec: 'false', readOnly: 'false' });
  expect(await foreseen({ noexec: 'false' })).toEqual([]);
  expect(rig.acts).toEqual([]);
});

test.each([
  [{ uid: '1000' }, /"uid" cannot be changed, only readOnly.* owner and mode of its files/],
  [{ size: '1GiB' }, /grow it/],
  [{ noexek: 'true' }, /noexec/],
  [{}, /say what is to change/],
])('%j is refused', async (options, message) => {
  const refused = { code: 'invalid', message: expect.stringMatching(message) };
  await expect(rig.driver.modify(db, options)).rejects.toMatchObject(refused);
  await expect(foreseen(options)).rejects.toMatchObject(refused);
});

test('a volume that is gone is not changed', async () => {
  await rig.driver.remove(db);
  await expect(rig.driver.modify(db, { noexec: 'true' })).rejects.toMatchObject({ code: 'not-found' });
});

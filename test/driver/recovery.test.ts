import { describe, expect, test } from '@jest/globals';
import { createFakeHost } from '../fakes/host/fake-host.ts';
import { id, openRig, present, type Rig, volume } from '../fakes/rig.ts';

const db = volume('db');
const a = id('a');
const container = { pid: 4711, command: 'postgres' };

async function mounted(): Promise<Rig> {
  const rig = await openRig();
  await rig.driver.create(db, {});
  await rig.driver.mount(db, a, present);
  return rig;
}

/** The state that the next daemon finds after a kill -9. */
function killAndRestart({ state }: Rig): Promise<Rig> {
  return openRig({ state, host: createFakeHost(state) });
}

async function isMounted(rig: Rig, name = 'db'): Promise<boolean> {
  return (await rig.host.mounts.at(rig.mountpoint(name))).kind === 'mounted';
}

async function ledgerFile({ host }: Rig): Promise<string> {
  const names = (await host.files.list('/srv/run')) ?? [];
  return `/srv/run/${names.find((name) => /^ledger-.*\.jsonl$/.test(name))}`;
}

describe('a daemon that was killed', () => {
  test('finds its holders again, and their Unmount unmounts the volume', async () => {
    const rig = await killAndRestart(await mounted());
    expect((await rig.driver.get(db))?.holders).toMatchObject([{ id: 'a' }]);
    expect(await isMounted(rig)).toBe(true);
    await rig.driver.unmount(db, a);
    expect(await isMounted(rig)).toBe(false);
  });

  test('mounts again what is held but was unmounted meanwhile, before it answers for it', async () => {
    const before = await mounted();
    await before.host.mounts.unmount(before.mountpoint('db'));
    const rig = await killAndRestart(before);
    await rig.driver.mount(db, id('b'), present);
    expect(await isMounted(rig)).toBe(true);
    expect((await rig.driver.get(db))?.holders).toHaveLength(2);
  });

  test('after a reboot has no holders and no mounts', async () => {
    const before = await mounted();
    before.state.reboot();
    const rig = await killAndRestart(before);
    const view = await rig.driver.get(db);
    expect(view?.holders).toEqual([]);
    expect(view?.mountpoint).toBeUndefined();
    expect(await rig.driver.planRecovery()).toEqual([]);
  });

  test('starts even if one volume cannot be recovered', async () => {
    const before = await mounted();
    await before.driver.create(volume('good'), {});
    await before.driver.mount(volume('good'), a, present);
    await before.host.mounts.unmount(before.mountpoint('db'));
    await before.host.mounts.unmount(before.mountpoint('good'));
    before.state.failNext('mounts.bind', Object.assign(new Error('EIO'), { code: 'EIO' }), '/db');
    const rig = await killAndRestart(before);
    await rig.driver.mount(volume('good'), id('b'), present);
    expect(rig.events).toContainEqual(expect.objectContaining({ event: 'recovery-failed' }));
    expect(await isMounted(rig, 'good')).toBe(true);
    // Its holder is kept, so the volume is mounted again as soon as possible.
    expect((await rig.driver.get(db))?.holders).toHaveLength(1);
    expect(await rig.driver.planRecovery()).toMatchObject([{ action: 'restage', volume: 'db' }]);
    await rig.driver.reap();
    expect(await isMounted(rig)).toBe(true);
  });
});

describe('a ledger that cannot be read', () => {
  test('is kept aside, and what is mounted counts as held', async () => {
    const before = await mounted();
    const path = await ledgerFile(before);
    await before.host.files.writeText(path, '00000000 {"kind":"stage"}\n', 'replace');
    const rig = await killAndRestart(before);
    expect(await rig.host.files.list('/srv/run')).toContainEqual(
      expect.stringMatching(/^ledger-.*\.unreadable-/),
    );
    expect(rig.events).toContainEqual(
      expect.objectContaining({ event: 'state-file-unreadable', level: 'error' }),
    );
    await expect(rig.driver.remove(db)).rejects.toMatchObject({ code: 'in-use' });
    expect(await isMounted(rig)).toBe(true);
  });

  test('still allows the last Unmount: one with a lost ID needs proof that nobody uses the volume', async () => {
    const before = await mounted();
    before.state.use(before.mountpoint('db'), container);
    await before.host.files.writeText(await ledgerFile(before), 'garbage\n', 'replace');
    const rig = await killAndRestart(before);
    await rig.driver.unmount(db, a);
    expect(await isMounted(rig)).toBe(true);
    rig.state.release(rig.mountpoint('db'));
    await rig.driver.unmount(db, a);
    expect(await isMounted(rig)).toBe(false);
  });

  test('whose last line is incomplete loses only that line', async () => {
    const before = await mounted();
    const path = await ledgerFile(before);
    const text = (await before.host.files.readText(path)) ?? '';
    await before.host.files.writeText(path, `${text}12345678 {"kind":"dr`, 'replace');
    const rig = await killAndRestart(before);
    expect((await rig.driver.get(db))?.holders).toHaveLength(1);
    await rig.driver.mount(db, id('b'), present);
    const again = await killAndRestart(rig);
    expect((await again.driver.get(db))?.holders).toHaveLength(2);
  });
});

describe('the catalog cache', () => {
  test('answers Get and List with the storage down', async () => {
    const before = await openRig();
    await before.driver.create(db, {});
    const { state } = before;
    for (let i = 0; i < 20; i += 1) {
      state.failNext('files.list', Object.assign(new Error('EIO'), { code: 'EIO' }), '/srv/volumes');
      state.failNext('files.facts', Object.assign(new Error('EIO'), { code: 'EIO' }), '/srv/volumes');
      state.failNext('files.readText', Object.assign(new Error('EIO'), { code: 'EIO' }), '/srv/volumes');
    }
    const rig = await killAndRestart(before);
    expect((await rig.driver.get(db))?.volume.name).toBe('db');
    await expect(rig.driver.get(volume('unknown'))).rejects.toMatchObject({
      message: expect.stringMatching(/^Cannot tell whether volume unknown exists in driver holdfast: .*EIO/),
    });
    expect([...rig.driver.list()]).toHaveLength(1);
  });

  test.each(['', 'cut'])('is never treated as empty if it is %p, with the storage down', async (how) => {
    const before = await openRig();
    await before.driver.create(db, {});
    await before.driver.create(volume('web'), {});
    await before.driver.close();
    const { state } = before;
    const text = (await before.host.files.readText('/srv/state/catalog.jsonl')) ?? '';
    const left = how === '' ? '' : text.slice(0, text.indexOf('\n') + 1);
    await before.host.files.writeText('/srv/state/catalog.jsonl', left, 'replace');
    const error = Object.assign(new Error('EIO'), { code: 'EIO' });
    for (let i = 0; i < 20; i += 1) {
      for (const call of ['files.list', 'files.facts', 'files.readText'])
        state.failNext(call, error, '/srv/volumes');
    }
    const rig = await openRig({ state });
    await expect(rig.driver.get(volume('web'))).rejects.toMatchObject({ code: 'unavailable' });
    state.faults.length = 0;
    expect((await rig.driver.get(volume('web')))?.volume.name).toBe('web');
  });

  test('that is unreadable is kept aside, and read again from the storage', async () => {
    const before = await openRig();
    await before.driver.create(db, {});
    await before.host.files.writeText('/srv/state/catalog.jsonl', 'garbage\n', 'replace');
    const rig = await killAndRestart(before);
    expect([...rig.driver.list()]).toHaveLength(1);
    expect(await rig.host.files.list('/srv/state')).toContainEqual(
      expect.stringMatching(/^catalog.*unreadable/),
    );
  });

  test('learns of volumes that others created', async () => {
    const first = await openRig();
    const second = await openRig({ state: first.state, base: '/srv' });
    await first.driver.create(db, {});
    expect(await second.driver.get(db)).toBeDefined();
  });
});

import { describe, expect, test } from '@jest/globals';
import { createFakeHost, createFakeState } from '../fakes/host/fake-host.ts';
import { interceptHost } from '../fakes/intercepted-host.ts';
import { id, openRig, present, volume } from '../fakes/rig.ts';

const db = volume('db');

/** A driver whose ledger is on a separate disk, which can be filled. */
async function rigWithDisk() {
  const state = createFakeState();
  let isFull = false;
  const host = interceptHost(createFakeHost(state), async (call, run) => {
    if (isFull && call.detail.includes('/ledger-') && call.kind === 'effect')
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    return run();
  });
  const rig = await openRig({ state, host });
  await rig.driver.create(db, {});
  return {
    ...rig,
    fill: () => {
      isFull = true;
    },
    makeRoom: () => {
      isFull = false;
    },
    isMounted: async () => (await rig.host.mounts.at(rig.mountpoint('db'))).kind === 'mounted',
  };
}

describe('with the ledger’s disk full', () => {
  test('an Unmount is answered, shown in Status, and recorded as soon as there is space', async () => {
    const { driver, state, fill, makeRoom, isMounted } = await rigWithDisk();
    await driver.mount(db, id('a'), present);
    fill();
    await driver.unmount(db, id('a'));
    expect((await driver.get(db))?.unmountsPending).toEqual(['a']);
    state.clock.now += 3_000;
    await driver.reap();
    expect(await isMounted()).toBe(true);
    expect((await driver.get(db))?.unmountsPending).toEqual(['a']);
    makeRoom();
    await driver.reap();
    expect(await isMounted()).toBe(false);
    expect(await driver.get(db)).not.toHaveProperty('unmountsPending');
  });

  test('another holder keeps the volume, and so does one that mounted again', async () => {
    const { driver, fill, makeRoom, isMounted } = await rigWithDisk();
    await driver.mount(db, id('a'), present);
    await driver.mount(db, id('b'), present);
    fill();
    await driver.unmount(db, id('a'));
    await driver.unmount(db, id('b'));
    makeRoom();
    await driver.mount(db, id('a'), present);
    await driver.reap();
    expect((await driver.get(db))?.holders.map((holder) => holder.id)).toEqual(['a']);
    expect(await isMounted()).toBe(true);
  });

  test('a Mount is refused, and leaves nothing mounted', async () => {
    const { driver, fill, isMounted } = await rigWithDisk();
    fill();
    await expect(driver.mount(db, id('a'), present)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/db.*ledger.*ENOSPC.*free some space/),
    });
    expect(await isMounted()).toBe(false);
  });

  test('a Mount during which the disk fills is refused, and undone', async () => {
    const { driver, host, fill, makeRoom, isMounted, state, mountpoint } = await rigWithDisk();
    let isFirst = true;
    const rig = await openRig({
      state,
      host: interceptHost(host, async (call, run) => {
        const result = await run();
        if (isFirst && call.name === 'mounts.bind' && call.detail.includes(mountpoint('db'))) fill();
        return result;
      }),
    });
    await expect(rig.driver.mount(db, id('a'), present)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await isMounted()).toBe(false);
    isFirst = false;
    makeRoom();
    await rig.driver.mount(db, id('a'), present);
    expect(await isMounted()).toBe(true);
    await driver.close();
  });
});

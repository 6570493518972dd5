import { describe, expect, test } from '@jest/globals';
import { operatorId } from '../../src/core/mount-ledger.ts';
import { createFakeHost, createFakeState } from '../fakes/host/fake-host.ts';
import { interceptHost } from '../fakes/intercepted-host.ts';
import { id, openRig, present, type Rig, volume } from '../fakes/rig.ts';
import { eventually } from '../lab/eventually.ts';

const db = volume('db');
const minute = 60_000;
const container = { pid: 4711, command: 'postgres' };

async function mounted(holder = id('a')): Promise<Rig> {
  const rig = await openRig();
  await rig.driver.create(db, {});
  await rig.driver.mount(db, holder, present);
  return rig;
}

async function isMounted(rig: Rig): Promise<boolean> {
  return (await rig.host.mounts.at(rig.mountpoint('db'))).kind === 'mounted';
}

describe('the reaper', () => {
  test('drops a holder whose Unmount was lost, after the grace period', async () => {
    const rig = await mounted();
    rig.state.clock.now += 9 * minute;
    await rig.driver.reap();
    expect(await isMounted(rig)).toBe(true);
    rig.state.clock.now += minute;
    await rig.driver.reap();
    expect(await isMounted(rig)).toBe(false);
    expect(rig.events).toContainEqual(expect.objectContaining({ event: 'holder-dropped' }));
  });

  test('counts the grace period from the last use', async () => {
    const rig = await mounted();
    rig.state.use(rig.mountpoint('db'), container);
    rig.state.clock.now += 60 * minute;
    await rig.driver.reap();
    rig.state.release(rig.mountpoint('db'));
    rig.state.clock.now += 9 * minute;
    await rig.driver.reap();
    expect(await isMounted(rig)).toBe(true);
    rig.state.clock.now += minute;
    await rig.driver.reap();
    expect(await isMounted(rig)).toBe(false);
  });

  test('never drops an operator, or any holder if processes are hidden', async () => {
    const byHand = await mounted(operatorId);
    byHand.state.clock.now += 1e10;
    await byHand.driver.reap();
    expect(await isMounted(byHand)).toBe(true);

    const hidden = await mounted();
    hidden.state.seesAllProcesses = false;
    hidden.state.clock.now += 1e10;
    await hidden.driver.reap();
    expect(await isMounted(hidden)).toBe(true);
  });

  test('unmounts what a caller left behind, after it had time to repeat its call', async () => {
    const rig = await openRig();
    await rig.driver.create(db, {});
    await expect(rig.driver.mount(db, id('a'), { gone: () => true })).rejects.toThrow();
    await rig.driver.reap();
    expect(await isMounted(rig)).toBe(true);
    rig.state.clock.now += 30_000;
    await rig.driver.reap();
    expect(await isMounted(rig)).toBe(false);
  });

  test('runs by itself soon after something began to wait', async () => {
    const rig = await openRig({ timings: { retry: 5, linger: 0 } });
    await rig.driver.create(db, {});
    await expect(rig.driver.mount(db, id('a'), { gone: () => true })).rejects.toThrow();
    await eventually('it is taken down', async () => !(await isMounted(rig)));
  });

  test('continues with the others while the queue of one is stuck', async () => {
    const state = createFakeState();
    const forever = new Promise<never>(() => undefined);
    const hung = interceptHost(createFakeHost(state), (call, run) =>
      call.name === 'mounts.unmount' && call.detail.endsWith('/db') ? forever : run(),
    );
    const rig = await openRig({ state, host: hung });
    for (const name of ['db', 'other']) {
      await rig.driver.create(volume(name), {});
      await rig.driver.mount(volume(name), id('a'), present);
    }
    state.clock.now += 11 * minute;
    void rig.driver.reap();
    await eventually('the other is taken down', async () => {
      return (await rig.host.mounts.at(rig.mountpoint('other'))).kind !== 'mounted';
    });
    expect(await isMounted(rig)).toBe(true);
    // It does not delay later rounds either.
    await rig.driver.mount(volume('other'), id('a'), present);
    state.clock.now += 11 * minute;
    await rig.driver.reap();
    expect((await rig.host.mounts.at(rig.mountpoint('other'))).kind).not.toBe('mounted');
  });

  test('continues with the others if one volume cannot be unmounted', async () => {
    const rig = await mounted();
    await rig.driver.create(volume('other'), {});
    await rig.driver.mount(volume('other'), id('b'), present);
    rig.state.busy.add(rig.mountpoint('db'));
    rig.state.clock.now += 11 * minute;
    await rig.driver.reap();
    expect(await isMounted(rig)).toBe(true);
    expect((await rig.host.mounts.at(rig.mountpoint('other'))).kind).not.toBe('mounted');
  });
});

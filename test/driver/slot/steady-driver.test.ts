import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseDriverName, parseSnapshotName } from '../../../src/core/names.ts';
import { notOpen } from '../../../src/driver/slot/not-open.ts';
import { createSteadyDriver, type SteadyDriver } from '../../../src/driver/slot/steady-driver.ts';
import { usualTimings } from '../../../src/driver/timings.ts';
import { createFakeState } from '../../fakes/host/fake-host.ts';
import { id, openRig, present, type Rig, volume } from '../../fakes/rig.ts';

const name = parseDriverName('holdfast');
const db = volume('db');
const web = volume('web');
let rig: Rig;
let steady: SteadyDriver;
const timings = { ...usualTimings, callDeadline: 40, longDeadline: 40 };

beforeEach(async () => {
  rig = await openRig();
  steady = createSteadyDriver({
    name,
    backend: () => 'local',
    refusal: () => notOpen(name, new Error('its disk is missing')),
    timings,
  });
  steady.show(rig.driver);
  await steady.create(db, {});
});
afterEach(() => steady.behind?.close());

/** Whether the call is settled once everything that can run has run. */
async function isSettled(call: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  const later = new Promise((resolve) => setTimeout(resolve, 5, pending));
  return (await Promise.race([call.catch(() => undefined), later])) !== pending;
}

/** Another driver takes over the state of the first one. */
async function replace(): Promise<void> {
  await steady.behind?.close();
  steady.show((await openRig({ state: rig.state })).driver);
}

test('while no driver is open, calls are refused with the reason, and Unmounts are answered', async () => {
  steady.show(undefined);
  await expect(steady.mount(db, id('a'), present)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('its disk is missing'),
  });
  await steady.unmount(db, id('a'));
  expect([...steady.list()]).toEqual([]);
  steady.show(rig.driver);
});

test('a snapshot is asked for with all that was said', async () => {
  const said: string[] = [];
  const prepare = async () => ({
    paused: new Set<string>(),
    release: async () => void said.push('released'),
  });
  await steady.mount(db, id('a'), present);
  rig.state.use(rig.mountpoint('db'), { pid: 4711, command: 'postgres' });
  const made = await steady.snapshot(db, parseSnapshotName('before'), 'accept', prepare);
  expect(made.consistency).toBe('live');
  expect(said).toEqual(['released']);
});

test('while it is replaced, calls wait for the next one, and known volumes are answered from memory', async () => {
  await steady.pause(1_000);
  const mounted = steady.mount(db, id('a'), present);
  expect(await isSettled(mounted)).toBe(false);
  expect((await steady.get(db))?.volume.name).toBe(db);
  expect([...steady.list()]).toHaveLength(1);
  await replace();
  steady.resume();
  await mounted;
  expect((await steady.get(db))?.holders).toMatchObject([{ id: 'a' }]);
});

test('a pause resolves when the running calls are done, even if their callers have left', async () => {
  const made = steady.create(web, {});
  await steady.pause(1_000);
  expect(await isSettled(made)).toBe(true);
  steady.resume();
});

test('a pause that waits too long ends, and the calls continue', async () => {
  let end = (): void => undefined;
  const endless = new Promise<void>((resolve) => {
    end = resolve;
  });
  const behind = rig.driver;
  steady.show({ ...behind, revision: 0, isRecovered: true, idle: () => endless });
  await expect(steady.pause(10)).rejects.toMatchObject({ code: 'timeout' });
  const made = steady.create(web, {});
  steady.resume();
  await made;
  end();
});

test('a caller that waits too long gets `timeout`, and its call has no effect', async () => {
  await steady.pause(1_000);
  await expect(steady.create(web, {})).rejects.toMatchObject({ code: 'timeout' });
  steady.resume();
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(Array.from(steady.list(), (listed) => listed.volume.name)).toEqual(['db']);
});

test('an Unmount is made even if its caller did not wait for the next driver', async () => {
  await steady.mount(db, id('a'), present);
  await steady.pause(1_000);
  await steady.unmount(db, id('a'));
  await replace();
  steady.resume();
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect((await steady.get(db))?.holders).toEqual([]);
});

test('its revision grows with every other driver, so that no list is mistaken for an earlier one', async () => {
  const seen = [steady.revision];
  steady.show(undefined);
  seen.push(steady.revision);
  steady.show(rig.driver);
  seen.push(steady.revision);
  expect(new Set(seen).size).toBe(3);
  expect([...seen].sort((a, b) => a - b)).toEqual(seen);
});

test('at any time of the replacement, every Mount and Unmount takes effect, in order', async () => {
  const step = fc.constantFrom('mount', 'unmount', 'pause', 'replace', 'resume', 'wait');
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const state = createFakeState();
      const first = (await openRig({ state })).driver;
      const one = createSteadyDriver({
        name,
        backend: () => 'local',
        refusal: () => notOpen(name, undefined),
        timings: usualTimings,
      });
      one.show(first);
      await one.create(db, {});
      const calls: Promise<unknown>[] = [];
      let isHeld = false;
      let isPaused = false;
      for (const taken of steps) {
        if (taken === 'mount' && !isHeld) calls.push(one.mount(db, id('a'), present));
        if (taken === 'unmount' && isHeld) calls.push(one.unmount(db, id('a')));
        if (taken === 'mount' || taken === 'unmount') isHeld = taken === 'mount';
        if (taken === 'pause' && !isPaused) {
          await one.pause(1_000);
          isPaused = true;
        }
        if (taken === 'replace' && isPaused) {
          await one.behind?.close();
          one.show((await openRig({ state })).driver);
        }
        if (taken === 'resume') {
          one.resume();
          isPaused = false;
        }
        if (taken === 'wait') await new Promise(setImmediate);
      }
      one.resume();
      await Promise.all(calls);
      expect((await one.get(db))?.holders.map((holder) => holder.id)).toEqual(isHeld ? ['a'] : []);
      await one.behind?.close();
    }),
    { numRuns: 60 },
  );
});

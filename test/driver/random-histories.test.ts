import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createFakeHost, createFakeState } from '../fakes/host/fake-host.ts';
import { interceptHost } from '../fakes/intercepted-host.ts';
import { id, openRig, present, type Rig, volume } from '../fakes/rig.ts';

type Call =
  | { readonly verb: 'create' | 'remove' | 'hand'; readonly name: string }
  | { readonly verb: 'mount' | 'unmount'; readonly name: string; readonly id: string }
  | { readonly verb: 'start' | 'end'; readonly name: string };

const name = fc.constantFrom('a', 'b');
const call: fc.Arbitrary<Call> = fc.oneof(
  fc.record({ verb: fc.constantFrom('create', 'remove', 'hand'), name }),
  fc.record({
    verb: fc.constantFrom('mount', 'unmount'),
    name,
    id: fc.constantFrom('x', 'y', '', 'container'),
  }),
  fc.record({ verb: fc.constantFrom('start', 'end'), name }),
);

/** Refusals are allowed; what counts is the resulting state. */
async function make(rig: Rig, made: Call): Promise<void> {
  const mountpoint = rig.mountpoint(made.name);
  const { driver, state } = rig;
  switch (made.verb) {
    case 'create':
      return driver.create(volume(made.name), {});
    case 'remove':
      return driver.remove(volume(made.name));
    case 'mount':
      return void (await driver.mount(volume(made.name), id(made.id), present));
    case 'unmount':
      return driver.unmount(volume(made.name), id(made.id));
    case 'hand':
      return rig.host.mounts.unmount(mountpoint);
    case 'start':
      if ((await rig.host.mounts.at(mountpoint)).kind === 'mounted')
        state.use(mountpoint, { pid: 7, command: 'x' });
      return undefined;
    case 'end':
      return state.release(mountpoint);
  }
}

/** A host that answers after one or more turns, by the seed, so that calls interleave in all orders. */
function openShuffled(pauses: readonly number[]): Promise<Rig> {
  const state = createFakeState();
  let turn = 0;
  const host = interceptHost(createFakeHost(state), async (_, run) => {
    for (let left = pauses[turn++ % pauses.length] ?? 0; left > 0; left -= 1) await Promise.resolve();
    return run();
  });
  return openRig({ state, host, timings: { startup: 0 } });
}

async function assertRight(rig: Rig): Promise<void> {
  for (const listed of ['a', 'b']) {
    const mounted = (await rig.host.mounts.at(rig.mountpoint(listed))).kind === 'mounted';
    const holders = (await rig.driver.get(volume(listed)))?.holders.length ?? 0;
    expect({ listed, mounted }).toEqual({ listed, mounted: holders > 0 });
  }
  expect(await rig.driver.planRecovery()).toEqual([]);
}

describe('with any calls of clients, in any order', () => {
  test('a volume is mounted if and only if it is held or used, and recovery has nothing to do', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(call, { maxLength: 6 }), { maxLength: 6 }),
        fc.array(fc.nat(5), { minLength: 1, maxLength: 9 }),
        async (waves, pauses) => {
          const rig = await openShuffled(pauses);
          for (const wave of waves) await Promise.allSettled(wave.map((made) => make(rig, made)));
          // The containers end, and the reaper repairs what is left, such as a manual unmount.
          for (const ended of ['a', 'b']) rig.state.release(rig.mountpoint(ended));
          rig.state.clock.now += 60_000;
          await rig.driver.reap();
          await rig.driver.recover();
          await assertRight(rig);
          await rig.driver.close();
        },
      ),
      { numRuns: 300 },
    );
  });

  test('no volume that a container uses is ever unmounted or removed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          call.filter(({ verb }) => verb !== 'end' && verb !== 'hand' && verb !== 'start'),
          { maxLength: 12 },
        ),
        fc.array(fc.nat(5), { minLength: 1, maxLength: 9 }),
        async (calls, pauses) => {
          const rig = await openShuffled(pauses);
          await rig.driver.create(volume('a'), {});
          await rig.driver.mount(volume('a'), id('container'), present);
          rig.state.use(rig.mountpoint('a'), { pid: 7, command: 'x' });
          await Promise.allSettled(calls.map((made) => make(rig, made)));
          rig.state.clock.now += 3_600_000;
          await rig.driver.reap();
          expect((await rig.host.mounts.at(rig.mountpoint('a'))).kind).toBe('mounted');
          expect(await rig.host.files.facts('/srv/volumes/a')).toBeDefined();
          await rig.driver.close();
        },
      ),
      { numRuns: 300 },
    );
  });
});

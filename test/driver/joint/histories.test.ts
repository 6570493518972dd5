import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseDriverName } from '../../../src/core/names.ts';
import type { VolumeDriver } from '../../../src/driver/volume-driver.ts';
import { type JointRig, openJointRig } from '../../fakes/joint-rig.ts';
import { id, present, type Rig, volume } from '../../fakes/rig.ts';

type Through = 'joint' | 'gold' | 'shared';

interface Call {
  readonly verb: 'create' | 'remove' | 'mount' | 'unmount' | 'undelete' | 'get';
  readonly through: Through;
  readonly name: string;
  readonly id: string;
  readonly member: 'gold' | 'shared' | undefined;
}

const calls = (through: fc.Arbitrary<Through>): fc.Arbitrary<Call> =>
  fc.record({
    verb: fc.constantFrom('create', 'remove', 'mount', 'mount', 'unmount', 'undelete', 'get'),
    through,
    name: fc.constantFrom('db', 'web'),
    id: fc.constantFrom('x', 'y', ''),
    member: fc.constantFrom('gold', 'shared', undefined),
  });
const waves = (through: fc.Arbitrary<Through>) =>
  fc.array(fc.array(calls(through), { maxLength: 6 }), { maxLength: 6 });
const pauses = fc.array(fc.nat(5), { minLength: 1, maxLength: 9 });

/** The hosts answer after one or more turns, so that calls interleave in all orders. */
function openShuffled(turns: readonly number[]): Promise<JointRig> {
  let turn = 0;
  return openJointRig({
    rules: [{ match: 'd?', member: parseDriverName('gold') }],
    timings: { startup: 0 },
    around: async (_, run) => {
      for (let left = turns[turn++ % turns.length] ?? 0; left > 0; left -= 1) await Promise.resolve();
      return run();
    },
  });
}

function driverOf(rig: JointRig, through: Through): VolumeDriver {
  return through === 'joint' ? rig.joint : rig[through].driver;
}

/** Refusals are allowed; what counts is the resulting state. */
async function make(rig: JointRig, call: Call): Promise<unknown> {
  const driver = driverOf(rig, call.through);
  const name = volume(call.name);
  const options = call.through === 'joint' && call.member ? { member: call.member } : {};
  if (call.verb === 'create') return driver.create(name, options);
  if (call.verb === 'mount') return driver.mount(name, id(call.id), present);
  if (call.verb === 'unmount') return driver.unmount(name, id(call.id));
  return driver[call.verb](name);
}

async function isMounted(member: Rig, name: string): Promise<boolean> {
  return (await member.host.mounts.at(member.mountpoint(name))).kind === 'mounted';
}

async function assertRight({ gold, shared }: JointRig): Promise<void> {
  for (const member of [gold, shared]) {
    for (const name of ['db', 'web']) {
      const holders = (await member.driver.get(volume(name)))?.holders.length ?? 0;
      expect({ name, mounted: await isMounted(member, name) }).toEqual({ name, mounted: holders > 0 });
    }
    expect(await member.driver.planRecovery()).toEqual([]);
  }
}

describe('with any calls through the joint name and the names of members, in any order', () => {
  test('a volume is mounted if and only if it is held, and recovery has nothing to do', async () => {
    await fc.assert(
      fc.asyncProperty(waves(fc.constantFrom('joint', 'gold', 'shared')), pauses, async (history, turns) => {
        const rig = await openShuffled(turns);
        for (const wave of history) await Promise.allSettled(wave.map((call) => make(rig, call)));
        rig.state.clock.now += 60_000;
        await Promise.all([rig.gold.driver.reap(), rig.shared.driver.reap()]);
        await assertRight(rig);
        await rig.close();
      }),
      { numRuns: 100 },
    );
  });

  test('calls through the joint name alone never create a name in two members', async () => {
    await fc.assert(
      fc.asyncProperty(waves(fc.constant('joint')), pauses, async (history, turns) => {
        const rig = await openShuffled(turns);
        for (const wave of history) await Promise.allSettled(wave.map((call) => make(rig, call)));
        const listed = [rig.gold, rig.shared].flatMap(({ driver }) =>
          Array.from(driver.list(), ({ volume: { name } }) => name),
        );
        expect(new Set(listed).size).toBe(listed.length);
        await rig.close();
      }),
      { numRuns: 100 },
    );
  });

  test('a holder through one name is never dropped through another', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          calls(fc.constantFrom('gold', 'shared')).filter(({ verb }) => verb !== 'remove'),
          { maxLength: 12 },
        ),
        pauses,
        async (history, turns) => {
          const rig = await openShuffled(turns);
          await rig.joint.create(volume('db'), {});
          await rig.joint.mount(volume('db'), id(''), present);
          await Promise.allSettled(history.map((call) => make(rig, call)));
          expect(await isMounted(rig.gold, 'db')).toBe(true);
          await rig.joint.unmount(volume('db'), id(''));
          await Promise.all(['x', 'y', ''].map((held) => rig.gold.driver.unmount(volume('db'), id(held))));
          expect(await isMounted(rig.gold, 'db')).toBe(false);
          await rig.close();
        },
      ),
      { numRuns: 100 },
    );
  });
});

import { describe, expect, test } from '@jest/globals';
import { decideTakeOver, type HeldElsewhere } from '../../../../src/backends/ebs/attachment/fencing.ts';
import type { Options } from '../../../../src/core/volume.ts';
import type { Testimony, Witness } from '../../../../src/core/witness.ts';
import { createFakeCloud, createFakeEc2 } from '../../../fakes/ec2/fake-ec2.ts';
import { diskOf, holdersOf, live, openHost, otherZone } from '../hosts.ts';

const manager = (says: Testimony['says']): Witness => ({
  name: 'Swarm',
  ask: async ({ id }) => ({ says, seen: `Swarm has the node of ${id} as ${says}` }),
});
const silent: Witness = {
  name: 'Swarm',
  ask: () => Promise.reject(new Error('no manager can be reached')),
};

/** A volume that is mounted on A and wanted on B. */
async function heldByA(
  parts: { settings?: Record<string, unknown>; witnesses?: readonly Witness[]; options?: Options } = {},
) {
  const { options, ...ofB } = parts;
  const cloud = createFakeCloud();
  const a = await openHost(cloud, 'i-a');
  const b = await openHost(cloud, 'i-b', ofB);
  const volume = await a.create('db', options);
  await a.stage(volume);
  await a.write(volume, 'precious');
  const powerOff = () => {
    a.state.reboot();
    cloud.setMachineState('i-a', 'stopped');
  };
  return { cloud, a, b, volume, powerOff };
}

describe('rule 25: a volume that another instance has', () => {
  test.each(['pending', 'running', 'stopping', 'shutting-down'] as const)(
    'is refused while that is %s: the error has the holder and the way out',
    async (state) => {
      const { cloud, b, volume } = await heldByA();
      cloud.setMachineState('i-a', state);
      const error: unknown = await b.stage(volume).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'in-use',
        message: expect.stringMatching(
          new RegExp(
            `^Volume db could not be mounted: its disk ${diskOf(cloud).id} is attached to i-a ` +
              `\\(EC2 has instance i-a as ${state}\\)\\. Stop its containers there; if that host is dead, stop instance i-a`,
          ),
        ),
      });
      expect(holdersOf(cloud, volume)).toEqual(['i-a attached']);
      expect(cloud.log.filter((entry) => entry.startsWith('DetachVolume'))).toEqual([]);
      expect(b.acts).toEqual([]);
    },
  );
  test('is taken from a stopped one by an ordinary detach, after the proof is in the audit log', async () => {
    const { cloud, b, volume, powerOff } = await heldByA();
    powerOff();
    await b.stage(volume);
    expect(await b.read(volume)).toBe('precious');
    expect(holdersOf(cloud, volume)).toEqual(['i-b attached']);
    expect(b.acts).toEqual([
      {
        act: 'take-over',
        driver: 'ebs',
        volume: 'db',
        evidence: `${diskOf(cloud).id} is detached from i-a: EC2 has instance i-a as stopped`,
      },
    ]);
  });
  test('is taken from one that EC2 no longer lists', async () => {
    const { cloud, a, b, volume } = await heldByA();
    a.state.reboot();
    cloud.machines.delete('i-a');
    await b.stage(volume);
    expect(await b.read(volume)).toBe('precious');
    expect(b.acts[0]?.evidence).toContain('EC2 knows no instance i-a any more');
  });
  test('needs no take-over from a terminated one, which has released it', async () => {
    const { cloud, a, b, volume } = await heldByA();
    a.state.reboot();
    cloud.setMachineState('i-a', 'terminated');
    await b.stage(volume);
    expect(await b.read(volume)).toBe('precious');
    expect(b.acts).toEqual([]);
  });
  test('is waited for while it is being detached, whether or not that instance runs', async () => {
    const { cloud, a, b, volume } = await heldByA();
    a.state.reboot();
    await createFakeEc2(cloud).detach(diskOf(cloud).id, 'i-a', undefined, live);
    diskOf(cloud).looksLeft = 20;
    await b.stage(volume);
    expect(await b.read(volume)).toBe('precious');
    expect(b.waited()).toBeGreaterThan(15_000);
    expect(b.acts).toEqual([]);
  });
  test('stays with a dead one with `preempt: never`', async () => {
    const { cloud, b, volume, powerOff } = await heldByA({ settings: { preempt: 'never' } });
    powerOff();
    await expect(b.stage(volume)).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringMatching(
        /i-a as stopped; preempt is never.*detach vol-\w+ from it in the EC2 console/,
      ),
    });
    expect(holdersOf(cloud, volume)).toEqual(['i-a attached']);
  });
  test('is taken by force from a running one only if both driver and volume say so', async () => {
    const forced = { preempt: 'force' };
    for (const parts of [{ settings: forced }, { options: forced }]) {
      const { b, volume } = await heldByA(parts);
      await expect(b.stage(volume)).rejects.toMatchObject({ code: 'in-use' });
    }
    const { cloud, a, b, volume } = await heldByA({ settings: forced, options: forced });
    a.state.reboot();
    await b.stage(volume);
    expect(await b.read(volume)).toBe('precious');
    expect(b.acts[0]?.evidence).toBe(
      `${diskOf(cloud).id} is detached from i-a: the operator forced it (EC2 has instance i-a as running)`,
    );
  });
  test('is taken from one that EC2 lists as running and a second witness as dead', async () => {
    const { a, b, volume } = await heldByA({ witnesses: [manager('dead')] });
    a.state.reboot();
    await b.stage(volume);
    expect(b.acts[0]?.evidence).toMatch(/i-a as running; Swarm has the node of i-a as dead$/);
  });
  test('is never taken if a witness says that the host is alive', async () => {
    const { b, volume, powerOff } = await heldByA({ witnesses: [manager('alive'), manager('dead')] });
    powerOff();
    await expect(b.stage(volume)).rejects.toMatchObject({ code: 'in-use' });
  });
  test('a silent witness neither causes nor prevents a take-over', async () => {
    const { b, volume, powerOff } = await heldByA({ witnesses: [silent] });
    await expect(b.stage(volume)).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringContaining('Swarm could not be asked (no manager can be reached)'),
    });
    expect(b.events).toContain('witness-silent');
    powerOff();
    await b.stage(volume);
  });
  test('is not taken if EC2 does not report the state of the holder', async () => {
    const { cloud, b, volume, powerOff } = await heldByA();
    powerOff();
    for (let count = 0; count < 20; count++)
      cloud.failNext('DescribeInstances', new Error('nobody answers'), 'i-a');
    await expect(b.stage(volume)).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringContaining('EC2 could not be asked (nobody answers)'),
    });
  });
});

describe('rule 25: a decision', () => {
  const holder = { instanceId: 'i-a', device: '/dev/xvdba', state: 'attached' } as const;
  const held = (more: Partial<HeldElsewhere>): HeldElsewhere => ({
    attachment: holder,
    policy: 'dead',
    isForced: false,
    testimonies: [],
    ...more,
  });
  const heard = (...says: readonly Testimony['says'][]): readonly Testimony[] =>
    says.map((word) => ({ says: word, seen: word }));

  test.each([
    ['refuse', {}],
    ['refuse', { testimonies: heard('unknown', 'unknown') }],
    ['take', { testimonies: heard('unknown', 'dead') }],
    ['refuse', { testimonies: heard('alive', 'dead') }],
    ['refuse', { testimonies: heard('dead'), policy: 'never' }],
    ['refuse', { testimonies: heard('dead'), policy: 'never', isForced: true }],
    ['refuse', { testimonies: heard('unknown'), policy: 'force' }],
    ['refuse', { testimonies: heard('unknown'), isForced: true }],
    ['take', { testimonies: heard('dead'), policy: 'force' }],
    ['take', { testimonies: heard('unknown'), policy: 'force', isForced: true }],
    ['wait', { attachment: { ...holder, state: 'detaching' } }],
    ['refuse', { attachment: { ...holder, state: 'attaching' }, testimonies: heard('unknown') }],
    ['refuse', { attachment: { ...holder, state: 'busy' }, testimonies: heard('unknown') }],
  ] as const)('to %s: %j', (decision, more) => {
    expect(decideTakeOver(held(more)).decision).toBe(decision);
  });
});

describe('rule 27: a volume of another zone', () => {
  test('is refused at once, naming both zones, even from a dead holder', async () => {
    const { cloud, volume, powerOff } = await heldByA();
    powerOff();
    const far = await openHost(cloud, 'i-far', { machine: { zone: otherZone } });
    await expect(far.stage(volume)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(
        /is in eu-test-1a, and this host is in eu-test-1b\..*a copy of the volume here/,
      ),
    });
    expect(far.waited()).toBe(0);
    expect(holdersOf(cloud, volume)).toEqual(['i-a attached']);
  });
  test('is created in the requested zone', async () => {
    const cloud = createFakeCloud();
    const a = await openHost(cloud, 'i-a');
    const volume = await a.create('far', { availabilityZone: otherZone });
    expect(diskOf(cloud, volume).zone).toBe(otherZone);
    await expect(a.stage(volume)).rejects.toMatchObject({ code: 'unavailable' });
    const far = await openHost(cloud, 'i-far', { machine: { zone: otherZone } });
    await far.stage(volume);
  });
});

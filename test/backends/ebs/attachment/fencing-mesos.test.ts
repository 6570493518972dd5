import { describe, expect, test } from '@jest/globals';
import { createFakeCloud } from '../../../fakes/ec2/fake-ec2.ts';
import { useMesos } from '../../../lab/mesos/use-cluster.ts';
import { machineA, witnessOf } from '../../../witnesses/witness-parts.ts';
import { diskOf, holdersOf, live, openHost } from '../hosts.ts';

const startMesos = useMesos();
const machine = { names: machineA.names, startedAt: machineA.startedAt };

/** A volume that is mounted on A. B has seen A's agent. EC2 reports A as running throughout. */
async function heldByA(settings: Record<string, unknown> = {}) {
  const mesos = await startMesos({ masters: 3 });
  const agent = mesos.addAgent({ hostname: machineA.names[0] ?? '' });
  const witness = witnessOf(mesos);
  await witness.look(live);
  mesos.pass(100);
  const cloud = createFakeCloud();
  const a = await openHost(cloud, 'i-a', { machine });
  const b = await openHost(cloud, 'i-b', { witnesses: [witness], settings });
  const volume = await a.create('db');
  await a.stage(volume);
  await a.write(volume, 'precious');
  return { mesos, agent, cloud, a, b, volume };
}

describe('rule 25: a volume of a host whose Mesos agent', () => {
  test('is active is refused, even if EC2 lists the host as stopped', async () => {
    const { cloud, b, volume } = await heldByA();
    await expect(b.stage(volume)).rejects.toMatchObject({ code: 'in-use' });
    cloud.setMachineState('i-a', 'stopped');
    await expect(b.stage(volume)).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringMatching(
        /EC2 has instance i-a as stopped; Mesos has agent \S+ \(\S+\) of i-a as active/,
      ),
    });
    expect(holdersOf(cloud, volume)).toEqual(['i-a attached']);
  });
  test('is unreachable is taken over by an ordinary detach, and the audit log has all evidence', async () => {
    const { mesos, agent, cloud, a, b, volume } = await heldByA();
    mesos.setAgent(agent, 'unreachable');
    a.state.reboot();
    await b.stage(volume);
    expect(await b.read(volume)).toBe('precious');
    expect(b.acts).toEqual([
      {
        act: 'take-over',
        driver: 'ebs',
        volume: 'db',
        evidence: `${diskOf(cloud).id} is detached from i-a: EC2 has instance i-a as running; Mesos has agent ${agent.id} (${agent.hostname}) of i-a as unreachable since 2026-11-23T03:01:40Z`,
      },
    ]);
  });
  test('is unreachable stays there with `preempt: never`', async () => {
    const { mesos, agent, b, volume } = await heldByA({ preempt: 'never' });
    mesos.setAgent(agent, 'unreachable');
    await expect(b.stage(volume)).rejects.toMatchObject({ code: 'in-use' });
    expect(b.acts).toEqual([]);
  });
  test('cannot be asked about is refused: without a witness, there is no take-over', async () => {
    const { mesos, agent, b, volume } = await heldByA();
    mesos.setAgent(agent, 'unreachable');
    await Promise.all(mesos.masters.map((master) => master.close()));
    await expect(b.stage(volume)).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringContaining('mesos could not be asked (No leading Mesos master found'),
    });
    expect(b.events).toContain('witness-silent');
    expect(b.acts).toEqual([]);
  });
  test('is only recovered by a new leader is refused', async () => {
    const { mesos, cloud, b, volume } = await heldByA();
    mesos.elect(1);
    mesos.pass(300);
    await expect(b.stage(volume)).rejects.toMatchObject({ code: 'in-use' });
    expect(holdersOf(cloud, volume)).toEqual(['i-a attached']);
  });
});

test('a driver that names an unconfigured witness is refused', async () => {
  const settings = { witnesses: ['mesos'] };
  const cloud = createFakeCloud();
  await expect(openHost(cloud, 'i-a', { settings })).rejects.toMatchObject({
    code: 'invalid',
    message: 'The settings of driver ebs name the witness mesos, which is not configured; configured: none.',
  });
});

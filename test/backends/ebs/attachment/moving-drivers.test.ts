import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Clock } from '../../../../src/backends/ebs/clock.ts';
import type { Timings } from '../../../../src/driver/timings.ts';
import { createFakeCloud, type FakeCloud } from '../../../fakes/ec2/fake-ec2.ts';
import { onInstance } from '../../../fakes/ec2/instance.ts';
import type { AroundEc2 } from '../../../fakes/ec2/intercepted.ts';
import { createFakeHost, createFakeState, type FakeState } from '../../../fakes/host/fake-host.ts';
import { id, openRig, present, type Rig, volume } from '../../../fakes/rig.ts';
import { eventually } from '../../../lab/eventually.ts';
import { diskOf } from '../hosts.ts';

const db = volume('db');

/** An instance with a complete driver: journal, mounts, recovery. `reopen` is like a restart of its daemon. */
interface Node {
  readonly state: FakeState;
  rig: Rig;
  /** The mount no longer reports its inode, like a dead xfs. */
  silence(): void;
  reopen(): Promise<void>;
  file(): string;
}

interface NodeParts {
  readonly clock?: Clock;
  readonly around?: AroundEc2;
  readonly timings?: Partial<Timings>;
}

async function node(cloud: FakeCloud, instanceId: string, parts: NodeParts = {}): Promise<Node> {
  const state = createFakeState();
  state.next.id = (cloud.machines.size + 1) * 0x10000;
  const { definition } = onInstance({ ...parts, id: instanceId, cloud, state });
  let isSilent = false;
  const fake = createFakeHost(state);
  const at = async (path: string) => {
    const seen = await fake.mounts.at(path);
    return isSilent && seen.kind === 'mounted' ? { ...seen, inode: '0' } : seen;
  };
  const host = { ...fake, mounts: { ...fake.mounts, at } };
  const open = () => openRig({ state, host, definition, timings: parts.timings ?? {} });
  const self: Node = {
    state,
    rig: await open(),
    silence: () => {
      isSilent = true;
    },
    async reopen() {
      self.rig = await open();
      await self.rig.driver.recover();
    },
    file: () => `${self.rig.mountpoint('db')}/precious`,
  };
  return self;
}

async function twoNodes() {
  const cloud = createFakeCloud();
  const a = await node(cloud, 'i-a');
  const b = await node(cloud, 'i-b');
  await a.rig.driver.create(db, { size: '1' });
  await mount(a, 'first');
  await a.rig.host.files.writeText(a.file(), 'precious', 'replace');
  const end = async () => {
    await a.rig.driver.close();
    await b.rig.driver.close();
  };
  return { cloud, a, b, end };
}

const mount = ({ rig }: Node, holder: string) => rig.driver.mount(db, id(holder), present);
const read = ({ rig, file }: { rig: Rig; file(): string }) => rig.host.files.readText(file());
const holders = (cloud: FakeCloud) => diskOf(cloud).attachments.map(({ instanceId }) => instanceId);

test('one host can mount what the other wrote and unmounted', async () => {
  const { cloud, a, b, end } = await twoNodes();
  await a.rig.driver.unmount(db, id('first'));
  expect(holders(cloud)).toEqual([]);
  await mount(b, 'second');
  expect(await read(b)).toBe('precious');
  expect(holders(cloud)).toEqual(['i-b']);
  await end();
});

test('a killed daemon keeps its mount; the other host is refused until the instance is stopped', async () => {
  const { cloud, a, b, end } = await twoNodes();
  await expect(mount(b, 'second')).rejects.toMatchObject({
    code: 'in-use',
    message: expect.stringContaining('attached to i-a (EC2 has instance i-a as running)'),
  });
  await a.reopen();
  expect(await read(a)).toBe('precious');
  expect(holders(cloud)).toEqual(['i-a']);
  cloud.setMachineState('i-a', 'stopped');
  await mount(b, 'second');
  expect(await read(b)).toBe('precious');
  expect(b.rig.acts.map(({ act }) => act)).toEqual(['take-over']);
  await end();
});

test('a host that boots again after its volume was taken does no harm', async () => {
  const { cloud, a, b, end } = await twoNodes();
  cloud.setMachineState('i-a', 'stopped');
  await mount(b, 'second');
  await b.rig.host.files.writeText(b.file(), 'newer', 'replace');
  a.state.reboot();
  cloud.setMachineState('i-a', 'running');
  await a.reopen();
  expect(holders(cloud)).toEqual(['i-b']);
  await expect(mount(a, 'third')).rejects.toMatchObject({ code: 'in-use' });
  expect(await a.rig.host.mounts.below('/srv/mnt/holdfast')).toEqual([]);
  await b.rig.driver.unmount(db, id('second'));
  await mount(a, 'third');
  expect(await read(a)).toBe('newer');
  expect(holders(cloud)).toEqual(['i-a']);
  expect(a.rig.acts).toEqual([]);
  await end();
});

test('a host that wakes up with the mount of a volume that was taken unmounts it before anything else', async () => {
  const { cloud, a, b, end } = await twoNodes();
  cloud.setMachineState('i-a', 'stopped');
  await mount(b, 'second');
  cloud.setMachineState('i-a', 'running');
  const from = cloud.log.length;
  await expect(mount(a, 'third')).rejects.toMatchObject({ code: 'in-use' });
  expect(await a.rig.host.mounts.below('/srv/mnt/holdfast')).toEqual([]);
  expect(cloud.log.slice(from).filter((entry) => entry.includes('AttachVolume'))).toEqual([]);
  expect(holders(cloud)).toEqual(['i-b']);
  expect(await read(b)).toBe('precious');
  await end();
});

test('rule 3: a name that exists twice is not mounted, and neither is touched', async () => {
  const { cloud, a, b, end } = await twoNodes();
  await a.rig.driver.unmount(db, id('first'));
  cloud.addVolume({ tags: { ...diskOf(cloud).tags, 'holdfast:id': '00000000000000ff' } });
  const from = cloud.log.length;
  for (const host of [a, b])
    await expect(mount(host, 'second')).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('neither was touched'),
    });
  expect(cloud.log.slice(from).filter((entry) => !entry.startsWith('Describe'))).toEqual([]);
  await end();
});

/** A hibernated with a running container (its mounts are kept), and B took over the volume. */
async function wokenUp() {
  const nodes = await twoNodes();
  const { cloud, a, b } = nodes;
  a.state.use(a.rig.mountpoint('db'), container);
  cloud.setMachineState('i-a', 'stopped');
  await mount(b, 'second');
  await b.rig.host.files.writeText(b.file(), 'newer', 'replace');
  cloud.setMachineState('i-a', 'running');
  return nodes;
}

const container = { pid: 4711, command: 'postgres', containerId: 'c'.repeat(64) };
const mountsOf = ({ rig }: Node) => rig.host.mounts.below('/srv/mnt/holdfast');

test('a host that wakes up unmounts the dead mount by itself, and names the container that must restart', async () => {
  const { cloud, a, b, end } = await wokenUp();
  await a.rig.driver.reap();
  expect(await mountsOf(a)).toEqual([]);
  const seen = await a.rig.driver.get(db);
  expect(seen?.holders).toEqual([]);
  expect(seen?.mountpoint).toBeUndefined();
  expect(seen?.mustRestart).toEqual([expect.objectContaining(container)]);
  expect(a.rig.events).toContainEqual(expect.objectContaining({ event: 'containers-must-restart' }));
  expect(holders(cloud)).toEqual(['i-b']);
  expect(await read(b)).toBe('newer');
  await end();
});

test('a dead mount whose inode cannot be read is unmounted, and the next Mount fails with who has the volume', async () => {
  const { a, end } = await wokenUp();
  a.silence();
  expect(await a.rig.driver.planRecovery()).toMatchObject([{ action: 'give-up' }]);
  await expect(mount(a, 'third')).rejects.toThrow('i-b');
  expect(await mountsOf(a)).toEqual([]);
  await end();
});

test('a daemon that starts on a host that woke up unmounts it before it answers for the volume', async () => {
  const { cloud, a, b, end } = await wokenUp();
  expect(await a.rig.driver.planRecovery()).toMatchObject([{ action: 'give-up', volume: 'db' }]);
  await a.reopen();
  await expect(mount(a, 'third')).rejects.toMatchObject({ code: 'in-use' });
  expect(a.rig.events).toContainEqual(
    expect.objectContaining({ event: 'recovered', fields: expect.objectContaining({ action: 'give-up' }) }),
  );
  expect(await mountsOf(a)).toEqual([]);
  expect(await a.rig.driver.planRecovery()).toEqual([]);
  expect(holders(cloud)).toEqual(['i-b']);
  expect(await read(b)).toBe('newer');
  await end();
});

test.each([
  ['by itself', async (_: Node) => undefined],
  ['after a refused mount', (a: Node) => expect(mount(a, 'third')).rejects.toThrow('i-b')],
])('a host that woke up takes the volume back only on request, %s', async (_, before) => {
  const { cloud, a, b, end } = await wokenUp();
  await before(a);
  await a.rig.driver.reap();
  await b.rig.driver.unmount(db, id('second'));
  for (let round = 0; round < 3; round++) await a.rig.driver.reap();
  await a.reopen();
  expect(holders(cloud)).toEqual([]);
  await mount(a, 'fourth');
  expect(await read(a)).toBe('newer');
  await end();
});

test('a host that woke up unmounts the dead mount even if EC2 does not answer', async () => {
  const { cloud, a, end } = await wokenUp();
  cloud.failNext('DescribeVolumes', new Error('nobody answers'));
  await a.rig.driver.reap();
  expect(await mountsOf(a)).toEqual([]);
  expect(a.rig.events).toContainEqual(expect.objectContaining({ event: 'reap-failed' }));
  a.state.clock.now += 60_000;
  await a.rig.driver.reap();
  expect(await a.rig.driver.planRecovery()).toEqual([]);
  await end();
});

test('a create whose answer was lost can be repeated', async () => {
  const cloud = createFakeCloud();
  const a = await node(cloud, 'i-a');
  cloud.loseAnswer('CreateVolume', new Error('the answer was lost'));
  await a.rig.driver.create(db, { size: '1' }).catch(() => undefined);
  await a.rig.driver.create(db, { size: '1' });
  expect(cloud.volumes.size).toBe(1);
  await mount(a, 'first');
  await a.rig.driver.close();
});

test('rule 3: a name that exists with another size is a conflict, and the error says the size', async () => {
  const { b, end } = await twoNodes();
  await expect(b.rig.driver.create(db, { size: '2' })).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringMatching(/db.*size.*1GiB/),
  });
  await expect(b.rig.driver.create(db, { size: '1' })).resolves.toBeUndefined();
  await end();
});

test('rule 14: the list is answered from memory, with its age, while EC2 does not answer', async () => {
  const cloud = createFakeCloud();
  let isDown = false;
  const a = await node(cloud, 'i-a', {
    around: (_, run) => (isDown ? Promise.reject(new Error('EC2 is down')) : run()),
  });
  await a.rig.driver.create(db, { size: '1' });
  isDown = true;
  a.state.clock.now += 90_000;
  const asked = cloud.log.length;
  expect([...a.rig.driver.list()].map(({ volume: { name } }) => name)).toEqual([db]);
  expect(await a.rig.driver.get(db)).toMatchObject({ volume: { name: db }, catalogAge: expect.any(Number) });
  expect((await a.rig.driver.get(db))?.catalogAge).toBeGreaterThanOrEqual(90_000);
  expect(cloud.log).toHaveLength(asked);
  await a.rig.driver.close();
});

test('rule 23: the wait for an attach continues after the caller has left, and a repeated call joins it', async () => {
  const cloud = createFakeCloud();
  const clock: Clock = {
    now: () => performance.now(),
    sleep: async (milliseconds, signal) =>
      void (await sleep(Math.min(milliseconds, 5), undefined, { signal })),
  };
  const a = await node(cloud, 'i-a', { clock, timings: { longDeadline: 2_000 } });
  await a.rig.driver.create(db, { size: '1' });
  cloud.looks = Number.POSITIVE_INFINITY;
  await expect(mount(a, 'first')).rejects.toMatchObject({ code: 'timeout' });
  expect(holders(cloud)).toEqual(['i-a']);
  diskOf(cloud).looksLeft = 0;
  await eventually('a repeated call is answered', () => mount(a, 'first').then(() => true));
  expect(cloud.log.filter((entry) => entry.startsWith('AttachVolume'))).toHaveLength(1);
  await a.rig.driver.close();
});

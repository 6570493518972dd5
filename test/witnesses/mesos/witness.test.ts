import { describe, expect, test } from '@jest/globals';
import { eventually } from '../../lab/eventually.ts';
import { useMesos } from '../../lab/mesos/use-cluster.ts';
import { live, machineA, memoryFile, saidBy, witnessOf } from '../witness-parts.ts';

const startMesos = useMesos();
const hostname = 'ip-10-0-0-5.ec2.internal';

/** A cluster with the agent of machine A, which the witness has already seen alive. */
async function seen(parts: Parameters<typeof startMesos>[0] = {}) {
  const mesos = await startMesos(parts);
  const agent = mesos.addAgent({ hostname });
  const file = memoryFile();
  const witness = witnessOf(mesos, {}, file);
  expect(await saidBy(witness)).toBe('alive');
  mesos.pass(100);
  return { mesos, agent, witness, file };
}

describe('a Mesos master says of a machine that it is', () => {
  test('alive while its agent is active', async () => {
    const { agent, witness } = await seen();
    expect(await witness.ask(machineA, live)).toEqual({
      says: 'alive',
      seen: `Mesos has agent ${agent.id} (${hostname}) of i-a as active`,
    });
  });
  test.each(['unreachable', 'gone'] as const)(
    'dead once its agent is %s, with its name and the time',
    async (state) => {
      const { mesos, agent, witness } = await seen();
      mesos.setAgent(agent, state);
      expect(await witness.ask(machineA, live)).toEqual({
        says: 'dead',
        seen: `Mesos has agent ${agent.id} (${hostname}) of i-a as ${state} since 2026-11-23T03:01:40Z`,
      });
    },
  );
  test.each(['deactivated', 'disconnected', 'recovered', 'removed'] as const)(
    'unknown while its agent is %s',
    async (state) => {
      const { mesos, agent, witness } = await seen();
      mesos.setAgent(agent, state);
      expect(await saidBy(witness)).toBe('unknown');
    },
  );
  test('unknown if it never had an agent, whatever happened to others', async () => {
    const mesos = await startMesos();
    const other = mesos.addAgent({ hostname: 'other.example' });
    const witness = witnessOf(mesos);
    await witness.look(live);
    mesos.setAgent(other, 'unreachable');
    expect(await witness.ask(machineA, live)).toEqual({
      says: 'unknown',
      seen: 'Mesos has no agent of i-a now, and this host has seen none there since 2026-11-23T01:00:00Z',
    });
  });
  test('unknown if its agent was lost before this host saw it: then Mesos reports no name', async () => {
    const mesos = await startMesos();
    mesos.setAgent(mesos.addAgent({ hostname }), 'unreachable');
    expect(await saidBy(witnessOf(mesos))).toBe('unknown');
  });
  test('alive if a new agent has replaced one that is gone', async () => {
    const { mesos, agent, witness } = await seen();
    mesos.setAgent(agent, 'gone');
    mesos.addAgent({ hostname });
    expect(await saidBy(witness)).toBe('alive');
  });
  test('dead if its last agent is dead, whatever happened to earlier ones', async () => {
    const { mesos, agent, witness } = await seen();
    mesos.setAgent(agent, 'removed');
    const second = mesos.addAgent({ hostname });
    await witness.look(live);
    mesos.pass(100);
    expect(await saidBy(witness)).toBe('alive');
    mesos.setAgent(second, 'unreachable');
    expect(await saidBy(witness)).toBe('dead');
  });
  test('unknown if an earlier agent is unreachable and the last one has left cleanly', async () => {
    const { mesos, agent, witness } = await seen();
    mesos.setAgent(agent, 'unreachable');
    const second = mesos.addAgent({ hostname });
    await witness.look(live);
    mesos.setAgent(second, 'removed');
    expect(await saidBy(witness)).toBe('unknown');
  });
  test('unknown once it was restarted after its agent was lost', async () => {
    const { mesos, agent, witness } = await seen();
    mesos.setAgent(agent, 'unreachable');
    const startedAt = mesos.now() + 1000;
    expect(await saidBy(witness, { ...machineA, startedAt })).toBe('unknown');
  });
  test('unknown if only a former machine of that name had an agent', async () => {
    const { mesos, agent, witness } = await seen();
    const startedAt = mesos.now();
    mesos.pass(10);
    mesos.setAgent(agent, 'unreachable');
    expect(await saidBy(witness, { ...machineA, id: 'i-new', startedAt })).toBe('unknown');
  });
  test('unknown if the storage does not report its start time', async () => {
    const { mesos, agent, witness } = await seen();
    mesos.setAgent(agent, 'unreachable');
    const { startedAt: _, ...machine } = machineA;
    expect((await witness.ask(machine, live)).says).toBe('unknown');
  });
  test('the same with the roster of an earlier process of this host', async () => {
    const { mesos, agent, file } = await seen();
    const first = witnessOf(mesos, {}, file);
    first.watch();
    await eventually('the agent to be written down', async () => file.text?.includes(agent.id));
    first.close();
    mesos.setAgent(agent, 'unreachable');
    expect(await saidBy(witnessOf(mesos, {}, file))).toBe('dead');
    expect(await saidBy(witnessOf(mesos, {}, memoryFile('{"agents": [{"id"')))).toBe('unknown');
  });
});

describe('a machine is recognised', () => {
  test.each(machineA.names)('by the name or address %s of its agent', async (name) => {
    const mesos = await startMesos();
    mesos.addAgent({ hostname: name.toUpperCase() });
    expect(await saidBy(witnessOf(mesos))).toBe('alive');
  });
  test('by an attribute of the agent with any name', async () => {
    const mesos = await startMesos();
    const agent = mesos.addAgent({ hostname: 'b.example', attributes: { instance: 'i-a' } });
    const witness = witnessOf(mesos, { match: 'attribute', attribute: 'instance' });
    expect(await saidBy(witness)).toBe('alive');
    mesos.pass(10);
    mesos.setAgent(agent, 'unreachable');
    expect(await saidBy(witness)).toBe('dead');
    mesos.addAgent({ hostname, attributes: { instance: 'i-b' } });
    expect(await saidBy(witness)).toBe('dead');
  });
  test('only by the configured host name, if there is one', async () => {
    const mesos = await startMesos();
    const agent = mesos.addAgent({ hostname: 'db1.example' });
    mesos.addAgent({ hostname });
    const witness = witnessOf(mesos, { hosts: { 'i-a': 'DB1.example' } });
    expect(await saidBy(witness)).toBe('alive');
    mesos.pass(10);
    mesos.setAgent(agent, 'gone');
    expect(await saidBy(witness)).toBe('dead');
  });
});

describe('a leader', () => {
  test('is found among several masters, in any order', async () => {
    const { mesos, agent, witness } = await seen({ masters: 3 });
    mesos.setAgent(agent, 'unreachable');
    for (const leader of [1, 2, 0]) {
      mesos.elect(leader);
      mesos.pass(61);
      expect(await saidBy(witness)).toBe('dead');
    }
  });
  test('is found through a single follower', async () => {
    const { mesos } = await seen({ masters: 3 });
    const witness = witnessOf(mesos, { addresses: [mesos.master(2).url] });
    expect(await saidBy(witness)).toBe('alive');
    expect(mesos.master(2).requests).toEqual(expect.arrayContaining(['POST /api/v1 GET_MASTER']));
  });
  test('that has just been elected is not trusted about a dead agent', async () => {
    const { mesos, agent, witness } = await seen({ masters: 2 });
    mesos.setAgent(agent, 'unreachable');
    mesos.elect(1);
    mesos.pass(59);
    expect((await witness.ask(machineA, live)).seen).toMatch(
      /but the master has led only since 2026-11-23T03:01:40Z$/,
    );
    mesos.pass(2);
    expect(await saidBy(witness)).toBe('dead');
  });
  test('that has not heard from the agent since its election is not trusted, even after a long time', async () => {
    const { mesos, witness } = await seen({ masters: 2 });
    mesos.elect(1);
    mesos.pass(3600);
    expect((await witness.ask(machineA, live)).seen).toMatch(/as recovered$/);
    expect(await saidBy(witness)).toBe('unknown');
  });
  test('is asked even if the other masters are down or hang', async () => {
    const { mesos, agent, witness } = await seen({ masters: 3 });
    mesos.setAgent(agent, 'gone');
    await mesos.master(1).close();
    mesos.master(2).fault = 'hang';
    expect(await saidBy(witness)).toBe('dead');
  });
});

describe('nothing is known', () => {
  /** The agent is unreachable, so any trusted answer would be `dead`. */
  async function lost(parts: Parameters<typeof startMesos>[0] = { masters: 3 }) {
    const found = await seen(parts);
    found.mesos.setAgent(found.agent, 'unreachable');
    const words = () =>
      found.witness.ask(machineA, live).then(
        ({ seen: said }) => `believed: ${said}`,
        (error: unknown) => (error instanceof Error ? error.message : ''),
      );
    return { ...found, words };
  }

  test('if no master answers', async () => {
    const { mesos, words } = await lost();
    await Promise.all(mesos.masters.map((master) => master.close()));
    expect(await words()).toMatch(
      /^No leading Mesos master found: http:\/\/127\.0\.0\.1:\d+ does not answer: .*ECONNREFUSED/,
    );
  });
  test('if no leader was elected', async () => {
    const { mesos, words } = await lost();
    mesos.elect(undefined);
    expect(await words()).toMatch(/is not ready \(503\): No leader elected/);
  });
  test('if the leader has not read its registry yet', async () => {
    const { mesos, words } = await lost();
    mesos.master(0).fault = 'recovering';
    expect(await words()).toMatch(/is not ready \(503\): Master has not finished recovery/);
  });
  test('if the caller gives up', async () => {
    const { mesos, witness } = await lost();
    for (const master of mesos.masters) master.fault = 'hang';
    await expect(witness.ask(machineA, AbortSignal.timeout(100))).rejects.toThrow('does not answer');
  });
  test.each(['half', 'garbage'] as const)('if the leader gives a %s answer', async (fault) => {
    const { mesos, words } = await lost();
    mesos.master(0).fault = fault;
    expect(await words()).toMatch(/does not answer: (aborted|.*hang up)|sent an invalid answer/);
  });
  test('if two masters claim to lead', async () => {
    const { mesos, words } = await lost();
    mesos.master(1).fault = 'usurper';
    expect(await words()).toMatch(/both claim to lead\.$/);
  });
  test('if a master redirects to a dead leader, in a cycle, or to an invalid address', async () => {
    const { mesos, words } = await lost({ masters: 2 });
    mesos.master(0).fault = { elsewhere: '//127.0.0.1:1' };
    expect(await words()).toMatch(/http:\/\/127\.0\.0\.1:1 does not answer/);
    mesos.master(0).fault = { elsewhere: mesos.master(1).url };
    mesos.master(1).fault = { elsewhere: mesos.master(0).url };
    expect(await words()).toMatch(/do not end at a leader/);
    mesos.master(0).fault = { elsewhere: 'ftp://nowhere' };
    expect(await words()).toMatch(/sent a redirect without a usable address/);
  });
});

test('users see every agent, and the machine that it is matched with', async () => {
  const { mesos, agent, witness } = await seen();
  mesos.addAgent({ hostname: 'b.example' });
  mesos.setAgent(agent, 'unreachable');
  const stranger = mesos.addAgent({ hostname: 'c.example' });
  mesos.setAgent(stranger, 'gone');
  const { source, hosts } = await witness.look(live);
  expect(source).toBe(`the Mesos master ${mesos.master(0).url}, leading since 2026-11-23T02:00:00Z`);
  expect(hosts).toEqual([
    { id: expect.any(String), hostname: 'b.example', state: 'active', says: 'alive', machine: 'b.example' },
    { id: agent.id, hostname, state: 'unreachable', says: 'dead', machine: hostname },
    { id: stranger.id, state: 'gone', says: 'unknown' },
  ]);
});

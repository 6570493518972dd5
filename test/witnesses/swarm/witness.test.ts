import { describe, expect, test } from '@jest/globals';
import { silentLog } from '../../../src/core/log.ts';
import { openWitnesses } from '../../../src/witnesses/open-witnesses.ts';
import { type Node, useManagers } from '../../lab/swarm/use-manager.ts';
import { byHostname, live, machineA, memoryFile, saidBy } from '../witness-parts.ts';

const startManager = useManagers();
const updatedAt = '2026-11-23T03:00:00.123456789Z';
const onA: Node = { hostname: 'ip-10-0-0-5', state: 'ready', updatedAt };

function witnessOf(addresses: readonly string[], more: Partial<typeof byHostname> = {}) {
  const configuration = { ...byHostname, ...more, kind: 'swarm', addresses } as const;
  const parts = { file: () => memoryFile(), log: silentLog, now: () => Date.parse(updatedAt) };
  const witness = openWitnesses({ configurations: new Map([['swarm', configuration]]), ...parts }).get(
    'swarm',
  );
  if (witness === undefined) throw new Error('there is no such witness');
  return witness;
}

async function managerWith(...nodes: readonly Node[]) {
  const manager = await startManager();
  for (const [index, node] of nodes.entries()) manager.nodes.set(`node${index}`, node);
  return manager;
}

describe('a Swarm manager says of a machine that it is', () => {
  test.each([
    ['alive', 'ready'],
    ['dead', 'down'],
    ['unknown', 'unknown'],
    ['unknown', 'disconnected'],
  ] as const)('%s when its node is %s', async (says, state) => {
    const manager = await managerWith({ ...onA, state });
    expect(await witnessOf([manager.address]).ask(machineA, live)).toEqual({
      says,
      seen: `Swarm has node node0 (ip-10-0-0-5) of i-a as ${state}`,
    });
  });
  test('alive if it joined again under another ID', async () => {
    const manager = await managerWith({ ...onA, state: 'down' }, onA);
    expect(await saidBy(witnessOf([manager.address]))).toBe('alive');
  });
  test('unknown if it has no node', async () => {
    const manager = await managerWith({ ...onA, hostname: 'other', state: 'down' });
    expect(await saidBy(witnessOf([manager.address]))).toBe('unknown');
  });
  test('unknown if it was started after its node went down, or its start time is unknown', async () => {
    const manager = await managerWith({ ...onA, state: 'down' });
    const witness = witnessOf([manager.address]);
    expect(await saidBy(witness, { ...machineA, startedAt: Date.parse(updatedAt) + 1000 })).toBe('unknown');
    const { startedAt: _, ...machine } = machineA;
    expect((await witness.ask(machine, live)).says).toBe('unknown');
  });
  test('recognised by a label of its node', async () => {
    const labels = { 'instance-id': 'i-a' };
    const manager = await managerWith({ ...onA, hostname: 'b', state: 'down', labels });
    expect(await saidBy(witnessOf([manager.address], { match: 'attribute' }))).toBe('dead');
  });
});

describe('of several managers', () => {
  test('the first one that answers is trusted', async () => {
    const worker = await managerWith();
    worker.fault = 'worker';
    const manager = await managerWith({ ...onA, state: 'down' });
    const addresses = ['unix:///nonexistent/docker.sock', worker.address, manager.address];
    expect(await saidBy(witnessOf(addresses))).toBe('dead');
  });
  test('if none answers, nothing is known, and the reasons are given', async () => {
    const manager = await managerWith({ ...onA, state: 'down' });
    manager.fault = 'leaderless';
    const witness = witnessOf([manager.address, 'unix:///nonexistent/docker.sock']);
    await expect(witness.ask(machineA, live)).rejects.toThrow(
      /^No Swarm manager lists the nodes: .*answered 500: .*does not have a leader.*ENOENT/,
    );
    manager.fault = 'hang';
    await expect(witness.ask(machineA, AbortSignal.timeout(100))).rejects.toThrow('does not answer');
  });
});

test('users see every node', async () => {
  const manager = await managerWith(onA, { ...onA, hostname: 'Other', state: 'down' });
  expect(await witnessOf([manager.address]).look(live)).toEqual({
    source: `the Swarm manager ${manager.address}`,
    hosts: [
      { id: 'node0', hostname: 'ip-10-0-0-5', state: 'ready', says: 'alive', machine: 'ip-10-0-0-5' },
      { id: 'node1', hostname: 'Other', state: 'down', says: 'dead', machine: 'other' },
    ],
  });
});

import { describe, expect, test } from '@jest/globals';
import type { Resource } from './resources.ts';
import { type MesosCluster, useMesos } from './use-cluster.ts';

const startMesos = useMesos();
const disk: Resource = { name: 'disk', type: 'SCALAR', scalar: { value: 100 } };
const mine: Resource = { ...disk, reservations: [{ type: 'DYNAMIC', role: 'r', principal: 'op' }] };
const volume: Resource = {
  ...mine,
  disk: { persistence: { id: 'v', principal: 'op' }, volume: { container_path: 'data', mode: 'RW' } },
};

async function call(mesos: MesosCluster, type: string, resources: readonly unknown[], agent?: string) {
  const [field, list] = [type.toLowerCase(), type.endsWith('VOLUMES') ? 'volumes' : 'resources'];
  const body = { type, [field]: { agent_id: { value: agent }, [list]: resources } };
  return post(mesos, JSON.stringify(body), { authorization: `Basic ${btoa('op:secret')}` });
}

async function post(
  mesos: MesosCluster,
  body: string,
  headers: Readonly<Record<string, string>> = {},
  master = 0,
) {
  const response = await fetch(`${mesos.master(master).url}/api/v1`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  return { status: response.status, location: response.headers.get('location'), text: await response.text() };
}

describe('the stand-in for the masters of Mesos', () => {
  test('redirects from a follower to the leader, without a scheme, and knows no leader without an election', async () => {
    const mesos = await startMesos({ masters: 2 });
    const look = '{"type":"GET_MASTER"}';
    expect(await post(mesos, look, {}, 1)).toMatchObject({
      status: 307,
      location: `${mesos.master(0).url.replace('http:', '')}/api/v1`,
    });
    mesos.elect(undefined);
    expect(await post(mesos, look)).toMatchObject({ status: 503, text: 'No leader elected' });
  });
  test('refuses what is no call', async () => {
    const mesos = await startMesos();
    expect((await post(mesos, '{')).status).toBe(400);
    expect((await post(mesos, '{}')).text).toContain("Expecting 'type' to be present");
    expect((await post(mesos, '{"type":"GET_NONSENSE"}')).status).toBe(400);
    expect((await post(mesos, '{"type":"RESERVE_RESOURCES"}')).text).toContain(
      "Expecting 'reserve_resources'",
    );
    expect((await post(mesos, '{}', { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await fetch(`${mesos.master(0).url}/api/v1`)).status).toBe(405);
    expect((await fetch(`${mesos.master(0).url}/unreachable`)).status).toBe(404);
  });
  test('lists unreachable agents in the registry alone, by their IDs', async () => {
    const mesos = await startMesos();
    const agent = mesos.addAgent();
    mesos.setAgent(agent, 'unreachable');
    expect(JSON.parse((await post(mesos, '{"type":"GET_AGENTS"}')).text)).toEqual({
      type: 'GET_AGENTS',
      get_agents: {},
    });
    const registry = await fetch(`${mesos.master(0).url}/registrar(1)/registry`);
    expect(await registry.json()).toMatchObject({
      slaves: { slaves: [] },
      unreachable: { slaves: [{ id: { value: agent.id }, timestamp: { nanoseconds: expect.any(Number) } }] },
    });
  });
  test.each([
    [409, 'RESERVE_RESOURCES', { ...mine, scalar: { value: 101 } }, 'Insufficient resources'],
    [409, 'UNRESERVE_RESOURCES', mine, 'Insufficient resources'],
    [400, 'RESERVE_RESOURCES', disk, 'not dynamically reserved'],
    [400, 'RESERVE_RESOURCES', { ...mine, role: 'r' }, "Cannot use both the 'reservations'"],
    [400, 'RESERVE_RESOURCES', { ...disk, reservations: [{ type: 'DYNAMIC', role: 'r' }] }, "principal ''"],
    [400, 'RESERVE_RESOURCES', { ...mine, scalar: { value: 0 } }, 'Invalid scalar'],
    [400, 'CREATE_VOLUMES', mine, "'persistence' is not set"],
    [400, 'CREATE_VOLUMES', { ...volume, reservations: [] }, 'from unreserved resources'],
    [409, 'CREATE_VOLUMES', volume, 'Insufficient resources'],
    [400, 'DESTROY_VOLUMES', volume, 'Persistent volumes not found'],
    [400, 'UNRESERVE_RESOURCES', volume, 'cannot be unreserved directly'],
  ] as const)('answers %d to %s of %j', async (status, type, resource, words) => {
    const mesos = await startMesos({ accounts: { basic: { op: 'secret' } } });
    const agent = mesos.addAgent({ resources: [disk] });
    const answer = await call(mesos, type, [resource], agent.id);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(words);
    expect(agent.resources).toEqual([disk]);
  });
  test('refuses strangers, and operations on agents that are not registered', async () => {
    const mesos = await startMesos({ accounts: { basic: { op: 'secret' } } });
    const agent = mesos.addAgent({ resources: [disk] });
    expect((await post(mesos, '{"type":"GET_AGENTS"}')).status).toBe(401);
    mesos.setAgent(agent, 'unreachable');
    expect(await call(mesos, 'RESERVE_RESOURCES', [mine], agent.id)).toMatchObject({
      status: 400,
      text: 'No agent found with specified ID',
    });
  });
  test('accepts in both formats, and takes a volume back only as it was made', async () => {
    const mesos = await startMesos({ accounts: { basic: { op: 'secret' } } });
    const agent = mesos.addAgent({ resources: [disk] });
    const old = { ...disk, role: 'r', reservation: { principal: 'op' } };
    expect((await call(mesos, 'RESERVE_RESOURCES', [old], agent.id)).status).toBe(202);
    expect((await call(mesos, 'CREATE_VOLUMES', [volume], agent.id)).status).toBe(202);
    expect((await call(mesos, 'CREATE_VOLUMES', [volume], agent.id)).text).toContain('already exists');
    const half = { ...volume, scalar: { value: 50 } };
    expect((await call(mesos, 'DESTROY_VOLUMES', [half], agent.id)).status).toBe(409);
    expect((await call(mesos, 'DESTROY_VOLUMES', [volume], agent.id)).status).toBe(202);
    expect((await call(mesos, 'UNRESERVE_RESOURCES', [mine], agent.id)).status).toBe(202);
    expect(agent.resources).toEqual([disk]);
  });
});

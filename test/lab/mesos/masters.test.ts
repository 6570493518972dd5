import { describe, expect, test } from '@jest/globals';
import type { Resource } from './resources.ts';
import { type MesosCluster, useMesos } from './use-cluster.ts';

const startMesos = useMesos();
const disk: Resource = { name: 'disk', type: 'SCALAR', scalar: { value: 100 } };
const mine: Resource = { ...disk, reservations: [{ type: 'DYNAMIC', role: 'r', principal: 'op' }] };
const volume = withId('v');

function withId(id: string, container_path = 'data'): Resource {
  return { ...mine, disk: { persistence: { id, principal: 'op' }, volume: { container_path, mode: 'RW' } } };
}

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
  test('refuses invalid calls', async () => {
    const mesos = await startMesos();
    expect((await post(mesos, '{')).status).toBe(400);
    expect((await post(mesos, '{}')).text).toContain("Expecting 'type' to be present");
    expect((await post(mesos, '{"type":"GET_NONSENSE"}')).status).toBe(400);
    expect((await post(mesos, '{"type":"RESERVE_RESOURCES"}')).text).toContain(
      "Expecting 'reserve_resources'",
    );
    expect((await post(mesos, '{}', { 'content-type': 'text/plain' })).status).toBe(415);
    mesos.master(0).fault = 'recovering';
    expect(await post(mesos, '{}')).toMatchObject({ status: 503, text: 'Master has not finished recovery' });
    mesos.master(0).fault = undefined;
    expect((await fetch(`${mesos.master(0).url}/api/v1`)).status).toBe(405);
    expect((await fetch(`${mesos.master(0).url}/unreachable`)).status).toBe(404);
  });
  test('lists unreachable agents only in the registry, by their IDs', async () => {
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
    [400, 'RESERVE_RESOURCES', { ...mine, role: 'r' }, 'must either be both set or both not set'],
    [400, 'RESERVE_RESOURCES', { ...mine, role: 's', reservation: {} }, 'does not match the role'],
    [
      400,
      'RESERVE_RESOURCES',
      { ...disk, reservations: [{ type: 'DYNAMIC', role: 'r' }] },
      'no principal set',
    ],
    [400, 'RESERVE_RESOURCES', { ...disk, role: '*', reservation: {} }, 'cannot be dynamically reserved'],
    [400, 'RESERVE_RESOURCES', { ...disk, role: 'r b', reservation: {} }, "Role name 'r b' is invalid"],
    [400, 'RESERVE_RESOURCES', { ...mine, scalar: { value: -1 } }, 'Invalid scalar'],
    [400, 'RESERVE_RESOURCES', { ...mine, disk: {} }, 'DiskInfo is set but empty'],
    [400, 'RESERVE_RESOURCES', { ...mine, name: 'cpus', disk: {} }, 'DiskInfo should not be set for cpus'],
    [202, 'RESERVE_RESOURCES', { ...mine, scalar: { value: 0 } }, ''],
    [400, 'CREATE_VOLUMES', withId('a/b'), "'a/b' contains invalid characters"],
    [400, 'CREATE_VOLUMES', withId('..'), "'..' is disallowed"],
    [400, 'CREATE_VOLUMES', withId(''), 'ID must not be empty'],
    [400, 'CREATE_VOLUMES', withId('x'.repeat(256)), 'must not be greater than 255'],
    [400, 'CREATE_VOLUMES', mine, 'does not have DiskInfo'],
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
  test('refuses unknown principals, and operations on unregistered agents', async () => {
    const mesos = await startMesos({ accounts: { basic: { op: 'secret' } } });
    const agent = mesos.addAgent({ resources: [disk] });
    expect((await post(mesos, '{"type":"GET_AGENTS"}')).status).toBe(401);
    mesos.setAgent(agent, 'unreachable');
    expect(await call(mesos, 'RESERVE_RESOURCES', [mine], agent.id)).toMatchObject({
      status: 400,
      text: 'No agent found with specified ID',
    });
  });
  test('accepts both formats, and destroys a volume only in exactly its form', async () => {
    const mesos = await startMesos({ accounts: { basic: { op: 'secret' } } });
    const agent = mesos.addAgent({ resources: [disk] });
    const old = { ...disk, role: 'r', reservation: { principal: 'op' } };
    const both = { ...mine, role: 'r', reservation: { principal: 'op' } };
    expect((await call(mesos, 'RESERVE_RESOURCES', [both], agent.id)).status).toBe(202);
    expect((await call(mesos, 'UNRESERVE_RESOURCES', [both], agent.id)).status).toBe(202);
    expect((await call(mesos, 'RESERVE_RESOURCES', [old], agent.id)).status).toBe(202);
    expect((await call(mesos, 'CREATE_VOLUMES', [volume], agent.id)).status).toBe(202);
    expect((await call(mesos, 'CREATE_VOLUMES', [volume], agent.id)).text).toContain('is not unique');
    const half = { ...volume, scalar: { value: 50 } };
    expect((await call(mesos, 'DESTROY_VOLUMES', [half], agent.id)).text).toContain('not found');
    expect((await call(mesos, 'DESTROY_VOLUMES', [volume], agent.id)).status).toBe(202);
    expect((await call(mesos, 'UNRESERVE_RESOURCES', [mine], agent.id)).status).toBe(202);
    expect(agent.resources).toEqual([disk]);
  });
  test.each(['/var/lib/mysql', 'a/b', '..', ''])(
    'accepts the container path %j, although agents may ignore it',
    async (path) => {
      const mesos = await startMesos();
      const agent = mesos.addAgent({ resources: [mine] });
      expect((await call(mesos, 'CREATE_VOLUMES', [withId('v', path)], agent.id)).status).toBe(202);
    },
  );
  test('merges equal parts, and keeps working with deactivated agents', async () => {
    const mesos = await startMesos();
    const agent = mesos.addAgent({ resources: [disk, disk, { ...disk, scalar: { value: 0 } }] });
    expect(agent.resources).toEqual([{ ...disk, scalar: { value: 200 } }]);
    mesos.setAgent(agent, 'deactivated');
    expect(JSON.parse((await post(mesos, '{"type":"GET_AGENTS"}')).text)).toMatchObject({
      get_agents: { agents: [{ active: false, deactivated: true }] },
    });
    expect((await call(mesos, 'RESERVE_RESOURCES', [mine], agent.id)).status).toBe(202);
  });
});

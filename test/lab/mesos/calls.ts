import type { Agent, ClusterState } from './cluster.ts';
import { operations } from './operations.ts';
import { Refusal, type Resource } from './resources.ts';
import { resourceFault } from './validation.ts';

export interface MasterInfo {
  readonly id: string;
  readonly hostname: string;
  readonly port: number;
}

/** The answer to a call of the v1 operator API; undefined: 202 Accepted, without a body. Throws the refusal. */
export function answerCall(
  call: unknown,
  state: ClusterState,
  master: MasterInfo,
  principal: string | undefined,
): object | undefined {
  const type = field(call, 'type');
  if (typeof type !== 'string')
    throw new Refusal(400, "Failed to validate master::Call: Expecting 'type' to be present");
  if (type === 'GET_MASTER') return getMaster(state, master);
  if (type === 'GET_AGENTS') return getAgents([...state.agents.values()]);
  const operation = operations[type];
  if (operation === undefined)
    throw new Refusal(400, `Failed to convert JSON into Call protobuf: unknown type ${type}`);
  const parameter = type.toLowerCase();
  const given = field(call, parameter);
  if (given === undefined)
    throw new Refusal(400, `Failed to validate master::Call: Expecting '${parameter}' to be present`);
  const resources = resourcesOf(field(given, operation.field));
  const agent = registered(state, field(field(given, 'agent_id'), 'value'));
  const on = `${agent.id} at slave(1)@127.0.0.1:5051 (${agent.hostname})`;
  agent.resources = operation.run(resources, {
    total: agent.resources,
    used: agent.used,
    principal,
    refuse: (reason) => new Refusal(400, `Invalid ${operation.name} operation on agent ${on}: ${reason}`),
  });
  return undefined;
}

function registered(state: ClusterState, id: unknown): Agent {
  if (typeof id !== 'string')
    throw new Refusal(
      400,
      'Failed to convert JSON into Call protobuf: Missing required fields: agent_id.value',
    );
  const agent = state.agents.get(id);
  if (agent === undefined || !isRegistered(agent)) throw new Refusal(400, 'No agent found with specified ID');
  return agent;
}

/** Whether an agent is registered with the master, even if it is disconnected or deactivated. */
function isRegistered({ state }: Agent): boolean {
  return state === 'active' || state === 'deactivated' || state === 'disconnected';
}

function getMaster(state: ClusterState, { id, hostname, port }: MasterInfo): object {
  const address = { hostname, ip: '127.0.0.1', port };
  const master_info = {
    id,
    address,
    hostname,
    ip: 16777343,
    pid: `master@127.0.0.1:${port}`,
    port,
    version: '1.11.0',
  };
  const elected_time = state.leader?.electedAt;
  return { type: 'GET_MASTER', get_master: { master_info, start_time: elected_time, elected_time } };
}

/** Only registered and recovered agents; the API does not list the others. Empty lists are left out, as by Mesos. */
function getAgents(all: readonly Agent[]): object {
  const agents = all.filter(isRegistered).map(agentAnswer);
  const recovered_agents = all.filter(({ state }) => state === 'recovered').map(agentInfo);
  return {
    type: 'GET_AGENTS',
    get_agents: {
      ...(agents.length === 0 ? {} : { agents }),
      ...(recovered_agents.length === 0 ? {} : { recovered_agents }),
    },
  };
}

/** The answer of createAgentResponse in Mesos (docs/design/mesos-rules.md#operator-api). */
function agentAnswer(agent: Agent): object {
  return {
    active: agent.state === 'active',
    deactivated: agent.state === 'deactivated',
    agent_info: agentInfo(agent),
    pid: 'slave(1)@127.0.0.1:5051',
    registered_time: { nanoseconds: 1470820171393000000 },
    total_resources: agent.resources,
    version: '1.11.0',
  };
}

function agentInfo({ id, hostname, attributes, resources }: Agent): object {
  return {
    id: { value: id },
    hostname,
    port: 5051,
    attributes: Object.entries(attributes).map(([name, value]) => ({ name, type: 'TEXT', text: { value } })),
    resources,
  };
}

/** The whole registry (docs/design/mesos-rules.md#operator-api). */
export function registryAnswer(state: ClusterState, master: MasterInfo): object {
  const all = [...state.agents.values()];
  const lost = (word: Agent['state']) =>
    all
      .filter((agent) => agent.state === word)
      .map(({ id, since }) => ({ id: { value: id }, timestamp: { nanoseconds: since * 1_000_000_000 } }));
  const admitted = all.filter((agent) => isRegistered(agent) || agent.state === 'recovered');
  return {
    master: { info: { id: master.id, hostname: master.hostname, ip: 16777343, port: master.port } },
    slaves: { slaves: admitted.map((agent) => ({ info: agentInfo(agent) })) },
    ...optional('unreachable', lost('unreachable')),
    ...optional('gone', lost('gone')),
  };
}

function optional(name: string, slaves: readonly object[]): object {
  return slaves.length === 0 ? {} : { [name]: { slaves } };
}

function resourcesOf(list: unknown): readonly Resource[] {
  if (!Array.isArray(list)) return [];
  return list.map(resourceOf);
}

function resourceOf(value: unknown): Resource {
  const name = field(value, 'name');
  const amount = field(field(value, 'scalar'), 'value');
  if (typeof name !== 'string' || field(value, 'type') !== 'SCALAR' || typeof amount !== 'number')
    throw new Refusal(400, 'Failed to convert JSON into Call protobuf: Missing required fields: name, type');
  const resource = Object.assign({}, value, { name, type: 'SCALAR' as const, scalar: { value: amount } });
  const fault = resourceFault(resource);
  if (fault === undefined) return resource;
  throw new Refusal(400, `Failed to validate master::Call: Resource '${name}' is invalid: ${fault}`);
}

function field(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([name]) => name === key)?.[1];
}

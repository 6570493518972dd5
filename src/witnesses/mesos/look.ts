import { VolumeError } from '../../core/volume-error.ts';
import type { Access } from '../access.ts';
import { askHttp } from '../ask-http.ts';
import { type AgentInfo, getAgents, readAnswer, registry } from './answers.ts';
import { callMaster, findLeader, type Leader, refuseFailure } from './leader.ts';

/** What the leading master reports. */
export interface MesosView {
  readonly leader: Leader;
  /** The registered agents, and those recovered from the previous leader that have not registered again. */
  readonly agents: readonly MesosAgent[];
  /** By agent ID; Mesos keeps nothing else about them. */
  readonly lost: ReadonlyMap<string, LostAgent>;
}

export interface MesosAgent {
  readonly id: string;
  readonly hostname: string;
  /** The attributes of type TEXT. */
  readonly attributes: ReadonlyMap<string, string>;
  /**
   * `disconnected`: registered, but its connection is lost. `deactivated`: by an operator (DEACTIVATE_AGENT, DRAIN_AGENT); the
   * master does not say whether it is connected.
   */
  readonly state: 'active' | 'deactivated' | 'disconnected' | 'recovered';
}

interface LostAgent {
  readonly state: 'unreachable' | 'gone';
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** Reads the registry first: an agent that comes back in between is then in both lists, and counts as present. */
export async function lookAtMesos(
  addresses: readonly string[],
  access: Access,
  signal: AbortSignal,
): Promise<MesosView> {
  const leader = await findLeader(addresses, access, signal);
  const lost = await readRegistry(leader, access, signal);
  const answer = refuseFailure(
    await callMaster(leader.base, { type: 'GET_AGENTS' }, access, signal),
    leader.base,
  );
  const { agents, recovered_agents } = readAnswer(
    getAgents,
    answer,
    'GET_AGENTS',
    masterAt(leader),
  ).get_agents;
  return {
    leader,
    lost,
    agents: [
      ...agents.map(({ agent_info, ...state }) => agentOf(agent_info, stateOf(state))),
      ...recovered_agents.map((info) => agentOf(info, 'recovered')),
    ],
  };
}

/** The operator API does not list unreachable agents. The registry does, and names the master that wrote it. */
async function readRegistry(
  leader: Leader,
  access: Access,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, LostAgent>> {
  const question = { base: leader.base, method: 'GET', path: '/registrar(1)/registry' } as const;
  const answer = refuseFailure(await askHttp(question, access, signal), leader.base);
  const { master, unreachable, gone } = readAnswer(registry, answer, 'its registry', masterAt(leader));
  if (master.info.id !== leader.id)
    throw new VolumeError(
      'unavailable',
      `${masterAt(leader)} has the registry of another master: it no longer leads, or does not lead yet.`,
    );
  const lost = new Map<string, LostAgent>();
  for (const { id, timestamp } of unreachable.slaves)
    lost.set(id.value, { state: 'unreachable', since: timestamp });
  for (const { id, timestamp } of gone.slaves) lost.set(id.value, { state: 'gone', since: timestamp });
  return lost;
}

function stateOf({
  active,
  deactivated,
}: {
  readonly active: boolean;
  readonly deactivated: boolean;
}): MesosAgent['state'] {
  if (active) return 'active';
  return deactivated ? 'deactivated' : 'disconnected';
}

function agentOf({ id, hostname, attributes }: AgentInfo, state: MesosAgent['state']): MesosAgent {
  const texts = attributes.flatMap(({ name, text }) =>
    text === undefined ? [] : [[name, text.value] as const],
  );
  return { id: id.value, hostname, attributes: new Map(texts), state };
}

function masterAt({ base }: Leader): string {
  return `The Mesos master ${base}`;
}

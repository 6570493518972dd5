import { randomUUID } from 'node:crypto';
import { type Resource, summed } from './resources.ts';

export type AgentState =
  | 'active'
  | 'deactivated'
  | 'disconnected'
  | 'recovered'
  | 'unreachable'
  | 'gone'
  | 'removed';

export interface Agent {
  readonly id: string;
  readonly hostname: string;
  readonly attributes: Readonly<Record<string, string>>;
  state: AgentState;
  /** Seconds since the epoch: when it became unreachable or gone. */
  since: number;
  resources: readonly Resource[];
  /** IDs of persistent volumes that tasks have. */
  readonly used: Set<string>;
}

/** The shared state of a cluster's masters: the replicated registry and the leader. */
export interface ClusterState {
  readonly agents: Map<string, Agent>;
  /** Undefined: there is no leader. */
  leader: { readonly masterId: string; readonly electedAt: number } | undefined;
  /** Seconds since the epoch. */
  now(): number;
}

export interface AgentParts {
  readonly hostname?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly resources?: readonly Resource[];
}

export function createClusterState(now: () => number): ClusterState {
  return { agents: new Map(), leader: undefined, now };
}

/** Registers a new agent. The number in its ID is the next one. */
export function addAgent(state: ClusterState, parts: AgentParts = {}): Agent {
  const agent: Agent = {
    id: `${randomUUID()}-S${state.agents.size}`,
    hostname: parts.hostname ?? `agent${state.agents.size + 1}.example`,
    attributes: parts.attributes ?? {},
    state: 'active',
    since: 0,
    used: new Set(),
    resources: summed(parts.resources ?? [{ name: 'disk', type: 'SCALAR', scalar: { value: 10_000 } }]),
  };
  state.agents.set(agent.id, agent);
  return agent;
}

export function setAgent(state: ClusterState, agent: Agent, to: AgentState): void {
  agent.state = to;
  agent.since = state.now();
}

/** Elects a leader. A new one has no registered agents yet; it recovers them from the registry. */
export function elect(state: ClusterState, masterId: string | undefined): void {
  const isAnother = state.leader !== undefined && state.leader.masterId !== masterId;
  for (const agent of state.agents.values())
    if (isAnother && ['active', 'deactivated', 'disconnected'].includes(agent.state))
      agent.state = 'recovered';
  state.leader = masterId === undefined ? undefined : { masterId, electedAt: state.now() };
}

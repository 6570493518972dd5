import { randomUUID } from 'node:crypto';
import { afterEach } from '@jest/globals';
import {
  type Agent,
  type AgentParts,
  type AgentState,
  addAgent,
  createClusterState,
  elect,
  setAgent,
} from './cluster.ts';
import type { Accounts } from './credentials.ts';
import { type Master, startMaster } from './master.ts';

/** Masters of one Mesos cluster on 127.0.0.1; the first one has led for an hour. */
export interface MesosCluster {
  readonly masters: readonly Master[];
  /** Their URLs. */
  readonly addresses: readonly string[];
  master(index: number): Master;
  addAgent(parts?: AgentParts): Agent;
  setAgent(agent: Agent, state: AgentState): void;
  /** Elects a master by its index; undefined: none. */
  elect(index: number | undefined): void;
  /** Advances the masters' clock, in seconds. */
  pass(seconds: number): void;
  /** Milliseconds since the epoch. */
  now(): number;
  close(): Promise<void>;
}

export interface ClusterParts {
  /** The clock runs in real time instead of stopping between calls of `pass`. */
  readonly isLive?: boolean;
  readonly masters?: number;
  readonly accounts?: Accounts;
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** Starts clusters that end with the test. */
export function useMesos(): (parts?: ClusterParts) => Promise<MesosCluster> {
  let open: MesosCluster[] = [];
  afterEach(async () => {
    const closing = open;
    open = [];
    await Promise.all(closing.map((cluster) => cluster.close()));
  });
  return async (parts) => {
    const cluster = await startCluster(parts);
    open.push(cluster);
    return cluster;
  };
}

export async function startCluster(parts: ClusterParts = {}): Promise<MesosCluster> {
  const electedAt = parts.isLive ? Date.now() / 1000 - 3600 : Date.parse('2026-11-23T02:00:00Z') / 1000;
  const began = performance.now();
  let passed = 0;
  const now = () => electedAt + passed + (parts.isLive ? (performance.now() - began) / 1000 : 0);
  const state = createClusterState(now);
  const masters: Master[] = [];
  for (let count = 0; count < (parts.masters ?? 1); count++) {
    const master = await startMaster({
      state,
      id: randomUUID(),
      accounts: parts.accounts,
      tls: parts.tls,
      leaderAddress: () =>
        masters.find(({ id }) => id === state.leader?.masterId)?.url.replace(/^https?:/, ''),
    });
    masters.push(master);
  }
  const at = (index: number): Master => {
    const master = masters[index];
    if (master === undefined) throw new Error(`there is no master ${index}`);
    return master;
  };
  elect(state, at(0).id);
  passed += 3600;
  return {
    masters,
    addresses: masters.map(({ url }) => url),
    master: at,
    addAgent: (agent) => addAgent(state, agent),
    setAgent: (agent, to) => setAgent(state, agent, to),
    elect: (index) => elect(state, index === undefined ? undefined : at(index).id),
    pass(seconds) {
      passed += seconds;
    },
    now: () => now() * 1000,
    close: async () => void (await Promise.all(masters.map((master) => master.close()))),
  };
}

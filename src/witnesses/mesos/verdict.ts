import type { Machine, Testimony } from '../../core/witness.ts';
import { isOn, type Matching } from '../match.ts';
import type { KnownAgent } from '../roster.ts';
import type { MesosAgent, MesosView } from './look.ts';

export interface MesosFacts {
  readonly view: MesosView;
  /** Agents that were seen alive, by ID. */
  readonly known: ReadonlyMap<string, KnownAgent>;
  readonly matching: Matching;
  /** Milliseconds that the master must have been the leader. */
  readonly settled: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * `dead` only if all of this holds: the agent was the last one seen alive on the machine since the machine started; the master
 * lists it as unreachable or gone since then; the machine has no other agent; and the master has led for long enough that
 * agents which were only looking for the new leader have registered.
 */
export function mesosTestimony(machine: Machine, facts: MesosFacts): Testimony {
  const here = facts.view.agents.filter((agent) => isOn(agent, machine, facts.matching));
  const active = here.find(({ state }) => state === 'active');
  if (active !== undefined)
    return { says: 'alive', seen: `Mesos has agent ${nameOf(active)} of ${machine.id} as active` };
  const [other] = here;
  if (other !== undefined) return unknown(`has agent ${nameOf(other)} of ${machine.id} as ${other.state}`);
  return testimonyOfLost(machine, facts);
}

function testimonyOfLost(machine: Machine, { view, known, matching, settled, now }: MesosFacts): Testimony {
  const { startedAt } = machine;
  if (startedAt === undefined)
    return unknown(`has no agent of ${machine.id} now, and the start time of that machine is unknown`);
  const [last] = [...known.values()]
    .filter((agent) => agent.seenAt >= startedAt && isOn(agent, machine, matching))
    .sort((a, b) => b.seenAt - a.seenAt);
  if (last === undefined)
    return unknown(
      `has no agent of ${machine.id} now, and this host has seen none there since ${timeOf(startedAt)}`,
    );
  const lost = view.lost.get(last.id);
  if (lost === undefined) return unknown(`does not list agent ${nameOf(last)} of ${machine.id} any more`);
  const seen = `has agent ${nameOf(last)} of ${machine.id} as ${lost.state} since ${timeOf(lost.since)}`;
  if (lost.since < startedAt) return unknown(`${seen}, but the machine was started at ${timeOf(startedAt)}`);
  const { electedAt } = view.leader;
  if (electedAt === undefined) return unknown(`${seen}, but the master does not say since when it leads`);
  if (now - electedAt < settled)
    return unknown(`${seen}, but the master has led only since ${timeOf(electedAt)}`);
  return { says: 'dead', seen: `Mesos ${seen}` };
}

function unknown(seen: string): Testimony {
  return { says: 'unknown', seen: `Mesos ${seen}` };
}

function nameOf({ id, hostname }: Pick<MesosAgent, 'id' | 'hostname'>): string {
  return `${id} (${hostname})`;
}

export function timeOf(milliseconds: number): string {
  const time = new Date(milliseconds);
  return Number.isNaN(time.getTime()) ? 'an unknown time' : time.toISOString().replace(/\.\d+Z$/, 'Z');
}

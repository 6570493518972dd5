import type { Machine, OpenWitness, SeenHost, Testimony } from '../../core/witness.ts';
import { openAccess } from '../access.ts';
import { isOn, keyOf, type Matching } from '../match.ts';
import { timeOf } from '../mesos/verdict.ts';
import type { WitnessParts } from '../mesos/witness.ts';
import { lookAtSwarm, type SwarmNode } from './look.ts';

/** Asks a Swarm's managers. They keep the host name of a node that is down, so nothing needs to be stored here. */
export function createSwarmWitness({
  name,
  configuration,
}: Pick<WitnessParts, 'name' | 'configuration'>): OpenWitness {
  const look = async (signal: AbortSignal) =>
    lookAtSwarm(configuration.addresses, await openAccess(configuration), signal);
  return {
    name,
    ask: async (machine, signal) => swarmTestimony(machine, (await look(signal)).nodes, configuration),
    async look(signal) {
      const { base, nodes } = await look(signal);
      return {
        source: `the Swarm manager ${base}`,
        hosts: nodes.map((node) => seenNode(node, configuration)),
      };
    },
    watch: () => undefined,
    close: () => undefined,
  };
}

/** `dead` if every node of the machine is down and was so after the machine's last start. A ready node outweighs the others. */
function swarmTestimony(machine: Machine, nodes: readonly SwarmNode[], matching: Matching): Testimony {
  const here = nodes.filter((node) => isOn(node, machine, matching));
  const { startedAt } = machine;
  const [first] = here;
  if (first === undefined) return { says: 'unknown', seen: `Swarm has no node on ${machine.id}` };
  const telling =
    here.find(({ state }) => state === 'ready') ?? here.find(({ state }) => state !== 'down') ?? first;
  const seen = `Swarm has node ${telling.id} (${telling.hostname}) of ${machine.id} as ${telling.state}`;
  if (telling.state !== 'down') return { says: meaningOf(telling), seen };
  if (startedAt === undefined)
    return { says: 'unknown', seen: `${seen}, and the start time of the machine is unknown` };
  if (here.every(({ updatedAt }) => updatedAt < startedAt))
    return { says: 'unknown', seen: `${seen}, but the machine was started at ${timeOf(startedAt)}` };
  return { says: 'dead', seen };
}

function seenNode(node: SwarmNode, matching: Matching): SeenHost {
  const { id, hostname, state } = node;
  const machine = keyOf(node, matching);
  return { id, hostname, state, says: meaningOf(node), ...(machine === undefined ? {} : { machine }) };
}

/** Swarm's `unknown` (after a change of managers) and `disconnected` (the node left cleanly) do not show whether the machine is alive. */
function meaningOf({ state }: SwarmNode): Testimony['says'] {
  if (state === 'ready') return 'alive';
  return state === 'down' ? 'dead' : 'unknown';
}

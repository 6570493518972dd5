import type { WitnessConfiguration } from '../../config/configuration.ts';
import type { Log } from '../../core/log.ts';
import type { OpenWitness, SeenHost, Sighting } from '../../core/witness.ts';
import { openAccess } from '../access.ts';
import { keyOf, type Matching } from '../match.ts';
import { createRoster, type KnownAgent, type RosterFile } from '../roster.ts';
import { lookAtMesos, type MesosAgent, type MesosView } from './look.ts';
import { mesosTestimony, timeOf } from './verdict.ts';

export interface WitnessParts {
  readonly name: string;
  readonly configuration: WitnessConfiguration;
  /** Keeps what the witness saw. */
  readonly file: RosterFile;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Asks the Mesos masters. Each answer comes from a fresh request. */
export function createMesosWitness({ name, configuration, file, log, now }: WitnessParts): OpenWitness {
  const { addresses, settled, refresh } = configuration;
  const roster = createRoster(file, now);
  let loading: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const look = async (signal: AbortSignal): Promise<MesosView> => {
    loading ??= roster.load().catch((error) => log.write('warn', 'witness-file', { witness: name, error }));
    await loading;
    const view = await lookAtMesos(addresses, await openAccess(configuration), signal);
    roster.see(
      view.agents.filter(({ state }) => state === 'active'),
      now(),
    );
    return view;
  };
  const remember = async (): Promise<void> => {
    try {
      await look(AbortSignal.timeout(refresh));
    } catch (error) {
      log.write('warn', 'witness-silent', { witness: name, error });
      return;
    }
    await roster.save().catch((error) => log.write('warn', 'witness-file', { witness: name, error }));
  };
  return {
    name,
    async ask(machine, signal) {
      const view = await look(signal);
      return mesosTestimony(machine, {
        view,
        known: roster.agents,
        matching: configuration,
        settled,
        now: now(),
      });
    },
    look: async (signal) => sightingOf(await look(signal), roster.agents, configuration),
    watch() {
      void remember();
      timer = setInterval(() => void remember(), refresh).unref();
    },
    close: () => clearInterval(timer),
  };
}

const meanings = {
  active: 'alive',
  deactivated: 'unknown',
  disconnected: 'unknown',
  recovered: 'unknown',
} as const;

function sightingOf(
  { leader, agents, lost }: MesosView,
  known: ReadonlyMap<string, KnownAgent>,
  matching: Matching,
): Sighting {
  const since = leader.electedAt === undefined ? '' : `, leading since ${timeOf(leader.electedAt)}`;
  const present = new Set(agents.map(({ id }) => id));
  return {
    source: `the Mesos master ${leader.base}${since}`,
    hosts: [
      ...agents.map((agent) => presentHost(agent, matching)),
      ...[...lost]
        .filter(([id]) => !present.has(id))
        .map(([id, { state }]) => lostHost(id, state, known.get(id), matching)),
    ],
  };
}

function presentHost(agent: MesosAgent, matching: Matching): SeenHost {
  const { id, hostname, state } = agent;
  const machine = keyOf(agent, matching);
  return { id, hostname, state, says: meanings[state], ...(machine === undefined ? {} : { machine }) };
}

function lostHost(id: string, state: string, agent: KnownAgent | undefined, matching: Matching): SeenHost {
  if (agent === undefined) return { id, state, says: 'unknown' };
  const machine = keyOf(agent, matching);
  return { id, hostname: agent.hostname, state, says: 'dead', ...(machine === undefined ? {} : { machine }) };
}

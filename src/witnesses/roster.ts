import * as z from 'zod/mini';

/**
 * Remembers the host names and attributes of agents, because Mesos keeps only the ID of an unreachable one. If the roster is
 * lost, the witness knows less, but nothing wrong.
 */
export interface Roster {
  readonly agents: ReadonlyMap<string, KnownAgent>;
  /** Records agents that are active now. */
  see(agents: readonly SeenAgent[], now: number): void;
  /** Reads what an earlier process recorded. */
  load(): Promise<void>;
  save(): Promise<void>;
}

interface SeenAgent {
  readonly id: string;
  readonly hostname: string;
  readonly attributes: ReadonlyMap<string, string>;
}

export interface KnownAgent extends SeenAgent {
  /** When it was last registered and active, in milliseconds since the epoch. */
  readonly seenAt: number;
}

/** Keeps the roster between two runs of the daemon. */
export interface RosterFile {
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}

/** Mesos itself forgets unreachable agents after two weeks by default (registry_max_agent_age). */
const longest = 30 * 24 * 3_600_000;

const record = z.object({
  agents: z.array(
    z.object({
      id: z.string(),
      hostname: z.string(),
      attributes: z.record(z.string(), z.string()),
      seenAt: z.number(),
    }),
  ),
});

export function createRoster(file: RosterFile, now: () => number): Roster {
  const agents = new Map<string, KnownAgent>();
  return {
    agents,
    see(seen, at) {
      for (const { id, hostname, attributes } of seen)
        agents.set(id, { id, hostname, attributes, seenAt: at });
    },
    async load() {
      for (const agent of parse(await file.read())) if (!agents.has(agent.id)) agents.set(agent.id, agent);
    },
    async save() {
      for (const { id, seenAt } of agents.values()) if (now() - seenAt > longest) agents.delete(id);
      const written = [...agents.values()].map((agent) => ({
        ...agent,
        attributes: Object.fromEntries(agent.attributes),
      }));
      await file.write(JSON.stringify({ agents: written }));
    },
  };
}

function parse(text: string | undefined): readonly KnownAgent[] {
  try {
    const read = record.parse(JSON.parse(text ?? '{"agents":[]}'));
    return read.agents.map((agent) => ({ ...agent, attributes: new Map(Object.entries(agent.attributes)) }));
  } catch {
    return [];
  }
}

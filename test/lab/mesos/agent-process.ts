import type { Call, Ended, Verb, VolumeWish } from './agent.ts';

/** One run of an agent's process, with its memory. */
export interface AgentProcess {
  /** Volumes by container. It counts a volume's users from these. */
  readonly volumes: Map<string, readonly VolumeWish[]>;
  isAlive(): boolean;
  /** kill -9: every dvdcli dies with it. */
  kill(): void;
  /** Runs after earlier calls for the same volume. Undefined if the agent dies before its end. */
  call(verb: Verb, volume: VolumeWish): Promise<Ended | undefined>;
  killCalls(verb: Verb): void;
}

/** Users are counted per driver and name. */
export function keyOf({ driver = 'holdfast', name }: VolumeWish): string {
  return JSON.stringify([driver, name]);
}

export function startAgentProcess(start: (verb: Verb, volume: VolumeWish) => Call): AgentProcess {
  const running = new Set<{ readonly verb: Verb; readonly call: Call }>();
  /** By volume: the last of the calls that wait for each other. */
  const sequences = new Map<string, Promise<unknown>>();
  let isAlive = true;

  async function run(verb: Verb, volume: VolumeWish): Promise<Ended | undefined> {
    if (!isAlive) return undefined;
    const made = { verb, call: start(verb, volume) };
    running.add(made);
    const ended = await made.call.ended;
    running.delete(made);
    return isAlive ? ended : undefined;
  }

  return {
    volumes: new Map(),
    isAlive: () => isAlive,
    kill() {
      isAlive = false;
      for (const { call } of running) call.kill();
    },
    call(verb, volume) {
      const turn = (sequences.get(keyOf(volume)) ?? Promise.resolve()).then(() => run(verb, volume));
      sequences.set(keyOf(volume), turn);
      return turn;
    },
    killCalls(verb) {
      for (const made of running) if (made.verb === verb) made.call.kill();
    },
  };
}

/** A volume that a task wants, as the isolator tells dvdcli of it. */
export interface VolumeWish {
  readonly name: string;
  /** `key=value` each. */
  readonly options: readonly string[];
}

export interface TaskWish {
  /** Each name once: Mesos refuses a task that has one twice. */
  readonly volumes: readonly VolumeWish[];
  /** Whether the task outlives its agent. */
  readonly checkpointed: boolean;
}

/** A container: processes of the host, which the agent's death does not end. */
export interface Task {
  running(): boolean;
  kill(): Promise<void>;
}

export type Verb = 'mount' | 'unmount';

export interface Ended {
  /** Null: killed. */
  readonly exitCode: number | null;
  readonly stdout: string;
}

/** A dvdcli that runs. */
export interface Call {
  readonly ended: Promise<Ended>;
  /** SIGKILL. */
  kill(): void;
}

export interface AgentParts<T extends Task> {
  call(verb: Verb, volume: VolumeWish): Call;
  /** In a copy of the host's mount table, with the volumes that are mounted there. */
  startTask(id: string, mountpoints: readonly string[]): Promise<T>;
}

/** A task that runs, and the volumes it has. */
interface Living<T extends Task> {
  readonly id: string;
  readonly task: T;
  readonly volumes: readonly VolumeWish[];
}

/** What a Mesos agent does with volumes by its `docker/volume` isolator. Its checkpoints and its tasks outlive its process. */
export interface Agent<T extends Task> {
  /** Its process starts, and recovers: what no task has any more that it may keep is unmounted. */
  start(): Promise<void>;
  /** kill -9: every dvdcli dies with it. */
  kill(): void;
  /** Resolves when the task runs, or failed, or the agent died. */
  launch(wish: TaskWish): Promise<void>;
  /** The task ends, also while there is no agent. */
  end(id: string): Promise<void>;
  /** Every mount has taken its 120 s and is killed; of unmounts the 10 minutes. */
  losePatience(verb: Verb): void;
  /** Those that run, in the order of their launches. */
  living(): readonly Living<T>[];
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

interface Container<T extends Task> {
  readonly wish: TaskWish;
  starting?: Promise<T>;
  /** Set once its launch is finished. */
  task?: T;
}

/** What the agent's process has in its memory. */
interface Life {
  readonly calls: Set<{ readonly verb: Verb; readonly call: Call }>;
  /** By container: what it counts the users of a volume by. */
  readonly volumes: Map<string, readonly VolumeWish[]>;
  /** By volume: the last of the calls that wait for each other. */
  readonly sequences: Map<string, Promise<unknown>>;
}

export function createAgent<T extends Task>(parts: AgentParts<T>): Agent<T> {
  /** On disk, written before the first mount: what is there is unmounted one day. */
  const checkpoints = new Map<string, Container<T>>();
  const underWay = new Set<Promise<void>>();
  let life: Life | undefined;
  let launched = 0;

  const track = (work: Promise<void>): Promise<void> => {
    const tracked = work.finally(() => underWay.delete(tracked));
    underWay.add(tracked);
    return tracked;
  };

  /** Undefined: the agent died before it ended. */
  function call(of: Life, verb: Verb, volume: VolumeWish): Promise<Ended | undefined> {
    const run = async (): Promise<Ended | undefined> => {
      if (life !== of) return undefined;
      const running = { verb, call: parts.call(verb, volume) };
      of.calls.add(running);
      const ended = await running.call.ended;
      of.calls.delete(running);
      return life === of ? ended : undefined;
    };
    const turn = (of.sequences.get(volume.name) ?? Promise.resolve()).then(run);
    of.sequences.set(volume.name, turn);
    return turn;
  }

  async function prepare(of: Life, id: string, container: Container<T>): Promise<void> {
    const { volumes } = container.wish;
    of.volumes.set(id, volumes);
    const mounts = await Promise.all(volumes.map((volume) => call(of, 'mount', volume)));
    if (life !== of) return;
    const mountpoints = mounts.flatMap((ended) => (ended?.exitCode === 0 ? [ended.stdout.trim()] : []));
    if (mountpoints.length < volumes.length) return cleanUp(of, id);
    container.starting = parts.startTask(id, mountpoints);
    const task = await container.starting;
    // A container whose launch was not finished ends with the agent.
    if (life !== of) return task.kill();
    container.task = task;
  }

  async function cleanUp(of: Life, id: string): Promise<void> {
    const mine = of.volumes.get(id) ?? [];
    of.volumes.delete(id);
    const kept = new Set([...of.volumes.values()].flat().map(({ name }) => name));
    const unused = mine.filter(({ name }) => !kept.has(name));
    const unmounts = await Promise.all(unused.map((volume) => call(of, 'unmount', volume)));
    if (unmounts.every((ended) => ended?.exitCode === 0)) checkpoints.delete(id);
  }

  async function recover(of: Life): Promise<void> {
    const lost: string[] = [];
    for (const [id, { wish, task, starting }] of checkpoints) {
      of.volumes.set(id, wish.volumes);
      if (task?.running() && wish.checkpointed) continue;
      lost.push(id);
      await (await starting)?.kill();
    }
    if (life === of) await Promise.all(lost.map((id) => cleanUp(of, id)));
  }

  return {
    async start() {
      if (life !== undefined) throw new Error('The agent runs already.');
      life = { calls: new Set(), volumes: new Map(), sequences: new Map() };
      await track(recover(life));
    },
    kill() {
      for (const { call: running } of life?.calls ?? []) running.kill();
      life = undefined;
    },
    async launch(wish) {
      if (life === undefined) return;
      launched += 1;
      const id = `task-${launched}`;
      const container: Container<T> = { wish };
      checkpoints.set(id, container);
      await track(prepare(life, id, container));
    },
    async end(id) {
      await checkpoints.get(id)?.task?.kill();
      if (life?.volumes.has(id)) await track(cleanUp(life, id));
    },
    losePatience(verb) {
      for (const running of life?.calls ?? []) if (running.verb === verb) running.call.kill();
    },
    living: () =>
      [...checkpoints].flatMap(([id, { wish, task }]) =>
        task?.running() ? [{ id, task, volumes: wish.volumes }] : [],
      ),
    async idle() {
      while (underWay.size > 0) await Promise.allSettled([...underWay]);
    },
  };
}

import { type AgentProcess, startAgentProcess } from './agent-process.ts';

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
  /** Containers that it has a checkpoint of: those that run, and those whose unmounts it will repeat. */
  remembered(): readonly string[];
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

interface Container<T extends Task> {
  readonly wish: TaskWish;
  starting?: Promise<T>;
  /** Set once its launch is finished. */
  task?: T;
}

export function createAgent<T extends Task>(parts: AgentParts<T>): Agent<T> {
  /** On disk, written before the first mount: what is there is unmounted one day. */
  const checkpoints = new Map<string, Container<T>>();
  const underWay = new Set<Promise<void>>();
  let current: AgentProcess | undefined;
  let launched = 0;

  const track = (work: Promise<void>): Promise<void> => {
    const tracked = work.finally(() => underWay.delete(tracked));
    underWay.add(tracked);
    return tracked;
  };

  return {
    async start() {
      if (current !== undefined) throw new Error('The agent runs already.');
      current = startAgentProcess(parts.call);
      await track(recover(current, checkpoints));
    },
    kill() {
      current?.kill();
      current = undefined;
    },
    async launch(wish) {
      if (current === undefined) return;
      launched += 1;
      const id = `task-${launched}`;
      checkpoints.set(id, { wish });
      await track(prepare(current, checkpoints, id, parts));
    },
    async end(id) {
      await checkpoints.get(id)?.task?.kill();
      if (current?.volumes.has(id)) await track(cleanUp(current, checkpoints, id));
    },
    losePatience: (verb) => current?.killCalls(verb),
    living: () =>
      [...checkpoints].flatMap(([id, { wish, task }]) =>
        task?.running() ? [{ id, task, volumes: wish.volumes }] : [],
      ),
    remembered: () => [...checkpoints.keys()],
    async idle() {
      while (underWay.size > 0) await Promise.allSettled([...underWay]);
    },
  };
}

type Checkpoints<T extends Task> = Map<string, Container<T>>;

async function prepare<T extends Task>(
  agent: AgentProcess,
  checkpoints: Checkpoints<T>,
  id: string,
  { startTask }: AgentParts<T>,
): Promise<void> {
  const container = checkpoints.get(id);
  if (container === undefined) return;
  const { volumes } = container.wish;
  agent.volumes.set(id, volumes);
  const mounts = await Promise.all(volumes.map((volume) => agent.call('mount', volume)));
  if (!agent.isAlive()) return;
  const mountpoints = mounts.flatMap((ended) => (ended?.exitCode === 0 ? [ended.stdout.trim()] : []));
  if (mountpoints.length < volumes.length) return cleanUp(agent, checkpoints, id);
  container.starting = startTask(id, mountpoints);
  const task = await container.starting.catch((error) => {
    if (agent.isAlive()) throw error;
  });
  // A container whose launch was not finished ends with the agent.
  if (agent.isAlive() && task) container.task = task;
  else await task?.kill();
}

async function cleanUp<T extends Task>(
  agent: AgentProcess,
  checkpoints: Checkpoints<T>,
  id: string,
): Promise<void> {
  const mine = agent.volumes.get(id) ?? [];
  agent.volumes.delete(id);
  const kept = new Set([...agent.volumes.values()].flat().map(({ name }) => name));
  const unused = mine.filter(({ name }) => !kept.has(name));
  const unmounts = await Promise.all(unused.map((volume) => agent.call('unmount', volume)));
  if (unmounts.every((ended) => ended?.exitCode === 0)) checkpoints.delete(id);
}

async function recover<T extends Task>(agent: AgentProcess, checkpoints: Checkpoints<T>): Promise<void> {
  const lost: string[] = [];
  for (const [id, { wish, task, starting }] of checkpoints) {
    agent.volumes.set(id, wish.volumes);
    if (task?.running() && wish.checkpointed) continue;
    lost.push(id);
    await (await starting?.catch(() => undefined))?.kill();
  }
  if (agent.isAlive()) await Promise.all(lost.map((id) => cleanUp(agent, checkpoints, id)));
}

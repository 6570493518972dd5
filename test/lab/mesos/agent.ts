import { type Checkpoints, type Container, cleanUp, recover } from './agent-containers.ts';
import { type AgentProcess, keyOf, startAgentProcess } from './agent-process.ts';

/** A volume for a task, as the isolator passes it to dvdcli. */
export interface VolumeWish {
  /** Default: `holdfast`. */
  readonly driver?: string;
  readonly name: string;
  /** `key=value` each. */
  readonly options: readonly string[];
}

export interface TaskWish {
  /** Each driver's volume at most once: Mesos refuses a task with one twice before any call. */
  readonly volumes: readonly VolumeWish[];
  /** Whether the task survives its agent. */
  readonly checkpointed: boolean;
}

/** A container: processes of the host, which survive the agent. */
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

/** A running dvdcli. */
export interface Call {
  readonly ended: Promise<Ended>;
  /** SIGKILL. */
  kill(): void;
}

export interface AgentParts<T extends Task> {
  call(verb: Verb, volume: VolumeWish): Call;
  /** Starts a task in a copy of the host's mount table, with these volumes. */
  startTask(id: string, mountpoints: readonly string[]): Promise<T>;
}

/** A running task and its volumes. */
interface Living<T extends Task> {
  readonly id: string;
  readonly task: T;
  readonly volumes: readonly VolumeWish[];
}

/**
 * A Mesos agent, as far as its `docker/volume` isolator handles volumes (docs/design/mesos-rules.md#isolator). Its checkpoints
 * and its tasks outlive its process.
 */
export interface Agent<T extends Task> {
  /** Starts its process, which recovers: it unmounts volumes without a surviving task. After a reboot it knows no container. */
  start(after?: 'reboot'): Promise<void>;
  /** kill -9: every dvdcli dies with it. */
  kill(): void;
  /** Resolves when the task runs or has failed, or the agent has died. */
  launch(wish: TaskWish): Promise<void>;
  /** The task ends, also while there is no agent. */
  end(id: string): Promise<void>;
  /** Kills all running mounts or unmounts, as after the agent's timeout (mount: 120 s, unmount: 10 minutes). */
  losePatience(verb: Verb): void;
  /** Running tasks, in launch order. */
  living(): readonly Living<T>[];
  /** Containers with a checkpoint: those that run, and those whose unmounts will be repeated. */
  remembered(): readonly string[];
  /** Resolves when no work is running. */
  idle(): Promise<void>;
}

export function createAgent<T extends Task>(parts: AgentParts<T>): Agent<T> {
  /** On disk, written before the first mount. Everything in a checkpoint is unmounted eventually. */
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
    async start(after) {
      if (current !== undefined) throw new Error('The agent runs already.');
      current = startAgentProcess(parts.call);
      if (after === 'reboot') for (const container of checkpoints.values()) container.ended = true;
      await track(recover(current, checkpoints));
    },
    kill() {
      current?.kill();
      current = undefined;
    },
    async launch(wish) {
      if (current === undefined) return;
      if (new Set(wish.volumes.map(keyOf)).size < wish.volumes.length) return;
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
  const task = await container.starting.catch(async (error) => {
    if (!agent.isAlive()) return;
    await cleanUp(agent, checkpoints, id);
    throw error;
  });
  // A container with an unfinished launch ends with the agent.
  if (agent.isAlive() && task) container.task = task;
  else await task?.kill();
}

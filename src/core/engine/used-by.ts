/** A container of an engine that refers to a volume, running or not: the engine refuses to remove the volume while it is there. */
export interface ContainerUser {
  /** As people call it: `Docker`. */
  readonly engine: string;
  readonly id: string;
  readonly name: string;
  /** In the engine's terms: `running`, `created`, `exited` … */
  readonly state: string;
  /** Where the container has the volume. */
  readonly destination: string;
}

export interface ContainerUsers {
  readonly containers: readonly ContainerUser[];
  /** Engines that are there and did not tell, with the reason. */
  readonly silent: readonly { readonly engine: string; readonly reason: string }[];
}

/** What the kernel shows of a volume's users. */
interface KernelUses {
  readonly users: readonly KernelUser[];
  /** Places where somebody on this host mounted the same data. */
  readonly ownMounts: readonly string[];
}

interface KernelUser {
  readonly pid: number;
  readonly command: string;
  readonly containerId?: string;
  readonly mountpoint: string;
}

/** Who keeps a volume from being removed, by the name that people know. */
export type UsedBy = UsingContainer | UsingTask | UsingProcess | UsingMount;

/** Without `pid` the kernel shows no use of it now; without `engine`, no engine knows it. */
interface UsingContainer {
  readonly kind: 'container';
  readonly engine?: string;
  readonly name?: string;
  readonly id: string;
  readonly state?: string;
  readonly mountpoint: string;
  readonly pid?: number;
  readonly command?: string;
}

/** A task of Mesos' own containerizer, by its container. */
interface UsingTask {
  readonly kind: 'task';
  readonly id: string;
  readonly pid: number;
  readonly command: string;
  readonly mountpoint: string;
}

interface UsingProcess {
  readonly kind: 'process';
  readonly pid: number;
  readonly command: string;
  readonly mountpoint: string;
}

interface UsingMount {
  readonly kind: 'mount';
  readonly mountpoint: string;
}

/**
 * The kernel's word, with the names that engines have for it, and then the containers that only refer to the volume: running ones
 * first, by name, because an engine tells them in any order.
 */
export function usedBy({ users, ownMounts }: KernelUses, told: readonly ContainerUser[]): readonly UsedBy[] {
  const seen = new Set(users.map(({ containerId }) => containerId));
  return [
    ...users.map((user) => named(user, told)),
    ...told
      .filter(({ id }) => !seen.has(id))
      .sort(runningFirst)
      .map(referring),
    ...ownMounts.map((mountpoint): UsingMount => ({ kind: 'mount', mountpoint })),
  ];
}

function named({ containerId: id, ...user }: KernelUser, told: readonly ContainerUser[]): UsedBy {
  const { pid, command, mountpoint } = user;
  if (id === undefined) return { kind: 'process', pid, command, mountpoint };
  if (id.includes('-')) return { kind: 'task', id, pid, command, mountpoint };
  const known = told.find((container) => container.id === id);
  const { engine, name, state } = known ?? {};
  return {
    kind: 'container',
    ...(engine === undefined ? {} : { engine }),
    ...(name === undefined ? {} : { name }),
    id,
    ...(state === undefined ? {} : { state }),
    mountpoint,
    pid,
    command,
  };
}

function runningFirst(one: ContainerUser, other: ContainerUser): number {
  const runs = Number(other.state === 'running') - Number(one.state === 'running');
  if (runs !== 0) return runs;
  return one.name < other.name ? -1 : 1;
}

function referring({ engine, name, id, state, destination }: ContainerUser): UsingContainer {
  return { kind: 'container', engine, name, id, state, mountpoint: destination };
}

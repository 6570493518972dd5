import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { MountEntry, MountUser, MountUses } from '../host.ts';
import { mountHolding, parseMountTable, rootOf } from '../mounts/table.ts';
import { hasCode, systemError } from '../system-error.ts';
import { findUses } from './mount-use.ts';
import { createNamespace, type Namespace } from './namespace.ts';

/** The initial PID namespace has this number on every kernel (include/linux/proc_ns.h). */
const initialPidNamespace = 'pid:[4026531836]';

/** Scans `/proc`, blocking: for the worker thread. Reads one mountinfo per namespace, never one per process. */
export function lookAtUses(root: string): MountUses {
  const own = ownNamespace();
  const others = otherNamespaces(own);
  const { elsewhere, here } = findUses(root, own, others.namespaces);
  const users = new Map<string, MountUser[]>();
  for (const { mountpoint, pid, entry, isCovered } of elsewhere) {
    const found = userOf(pid, others.names.get(pid), entry);
    const user = isCovered ? { ...found, isCovered } : found;
    users.set(mountpoint, [...(users.get(mountpoint) ?? []), user]);
  }
  const ownMounts = new Map<string, string[]>();
  for (const { mountpoint, entry } of here) {
    ownMounts.set(mountpoint, [...(ownMounts.get(mountpoint) ?? []), entry.mountpoint]);
  }
  const seesAll = readlinkSync('/proc/self/ns/pid') === initialPidNamespace;
  return { complete: seesAll && others.complete, users, ownMounts };
}

/**
 * Processes in whose namespace this directory, or one in it, is mounted by itself, as a container's volume is. Blocks as well. Throws
 * EACCES if a process is hidden: then nobody can say that there is none.
 */
export function usersOf(path: string): readonly number[] {
  const own = ownNamespace();
  const holding = mountHolding(own.entries, path);
  if (holding === undefined) return [];
  const others = otherNamespaces(own);
  if (!others.complete) throw systemError('EACCES', 'look at the mounts of all processes', '/proc');
  const root = rootOf(holding, path);
  const isWithin = (entry: MountEntry) =>
    entry !== holding &&
    entry.device === holding.device &&
    (entry.root === root || entry.root.startsWith(root === '/' ? '/' : `${root}/`));
  return [own, ...others.namespaces].filter(({ entries }) => entries.some(isWithin)).map(({ pid }) => pid);
}

function ownNamespace(): Namespace {
  return createNamespace(process.pid, parseMountTable(readFileSync('/proc/self/mountinfo', 'utf8')));
}

interface SeenNamespaces {
  readonly namespaces: readonly Namespace[];
  /** The kernel's name for each, by the process through which it was read. */
  readonly names: ReadonlyMap<number, string>;
  /** False if access to a process was denied. */
  readonly complete: boolean;
}

/**
 * Processes come and go during the scan: a namespace is read through the first of its processes that still exists. A process in a
 * chroot sees only the mounts below it, and is used only if no other process sees more.
 */
function otherNamespaces(own: Namespace): SeenNamespaces {
  const whole = new Map<string, Namespace>([[readlinkSync('/proc/self/ns/mnt'), own]]);
  const partial = new Map<string, { readonly id: string; readonly namespace: Namespace }>();
  const names = new Map<number, string>();
  let complete = true;
  for (const name of processes()) {
    try {
      const named = unlessDenied(() => readlinkSync(`/proc/${name}/ns/mnt`));
      if (named !== undefined && whole.has(named)) continue;
      const root = unlessDenied(() => readlinkSync(`/proc/${name}/root`)) ?? '/';
      if (partial.has(`${named} ${root}`)) continue;
      const entries = parseMountTable(readFileSync(`/proc/${name}/mountinfo`, 'utf8'));
      const namespace = createNamespace(Number(name), entries);
      if (named !== undefined) names.set(namespace.pid, named);
      const id = named ?? idOf(namespace);
      if (root !== '/') partial.set(`${id} ${root}`, { id, namespace });
      else if (!whole.has(id)) whole.set(id, namespace);
    } catch (error) {
      if (!hasCode(error, ...gone)) complete = false;
    }
  }
  const chrooted = [...partial.values()].filter(({ id }) => !whole.has(id));
  return {
    namespaces: distinct(own, [...whole.values(), ...chrooted.map(({ namespace }) => namespace)]),
    names,
    complete,
  };
}

/** A mount is in only one namespace, and its ID is unique on the machine. */
function idOf({ entries }: Namespace): string {
  return `mount ${entries[0]?.mountId}`;
}

/** Removes duplicates: a namespace that the kernel did not name may have been seen already. */
function distinct(own: Namespace, namespaces: readonly Namespace[]): readonly Namespace[] {
  const byId = new Map([...namespaces].reverse().map((namespace) => [idOf(namespace), namespace]));
  byId.delete(idOf(own));
  return [...byId.values()].reverse();
}

function processes(): readonly string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
}

/**
 * The process that stands for its namespace, or another one of it if that has ended since: a short-lived process of a container may have
 * stood for it. One that has ended is not in its cgroup any more, even while it can be read.
 */
export function userOf(pid: number, namespace: string | undefined, entry: MountEntry): MountUser {
  for (const each of namespace === undefined ? [] : inTurn(namespace, pid)) {
    const user = describe(each, entry);
    if (unlessGone(() => readlinkSync(`/proc/${each}/ns/mnt`)) === namespace) return user;
  }
  return describe(pid, entry);
}

/** The process itself, then the others of the namespace. */
function* inTurn(namespace: string, first: number): Generator<number> {
  yield first;
  for (const name of processes())
    if (unlessGone(() => readlinkSync(`/proc/${name}/ns/mnt`)) === namespace) yield Number(name);
}

function describe(pid: number, entry: MountEntry): MountUser {
  const command = unlessGone(() => readFileSync(`/proc/${pid}/comm`, 'utf8'))?.trimEnd() ?? '';
  const containerId = containerIdIn(unlessGone(() => readFileSync(`/proc/${pid}/cgroup`, 'utf8')) ?? '');
  const user = { pid, command, mountpoint: entry.mountpoint };
  return containerId === undefined ? user : { ...user, containerId };
}

/**
 * Docker, containerd and Podman name the innermost cgroup after the container's ID (`docker-<id>.scope`, `/docker/<id>`), Mesos'
 * own containerizer after its UUID (`/mesos/<uuid>`).
 */
export function containerIdIn(cgroup: string): string | undefined {
  const id = [...cgroup.matchAll(/(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g)].at(-1)?.[0];
  return id ?? [...cgroup.matchAll(mesosContainer)].at(-1)?.[1];
}

const mesosContainer = /\/mesos\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![0-9a-f])/g;

/** Errors for a process that has ended meanwhile; EINVAL comes from its mountinfo. */
const gone = ['ENOENT', 'ESRCH', 'EINVAL'] as const;

/** A link in `/proc` may be denied to us even if mountinfo is not: see ptrace(2) and proc(5). */
function unlessDenied(read: () => string): string | undefined {
  try {
    return read();
  } catch (error) {
    if (hasCode(error, 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}

/** Ignores errors: the data only describes the user, and the use itself must not be lost. */
function unlessGone(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

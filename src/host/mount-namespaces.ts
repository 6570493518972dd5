import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { MountEntry, MountUser, MountUses } from './host.ts';
import { parseMountTable } from './mount-table.ts';
import { createUseFinder } from './mount-use.ts';

/** The initial PID namespace has this number on every kernel (include/linux/proc_ns.h). */
const initialPidNamespace = 'pid:[4026531836]';

/** Looks through `/proc` now, blocking: for the worker thread. One mountinfo is read per namespace, never one per process. */
export function lookAtUses(root: string): MountUses {
  const find = createUseFinder(parseMountTable(readFileSync('/proc/self/mountinfo', 'utf8')), root);
  const users = new Map<string, MountUser[]>();
  for (const [pid, entries] of otherNamespaces()) {
    for (const { mountpoint, entry, isCovered } of find(entries)) {
      const user = isCovered ? { ...userOf(pid, entry), isCovered } : userOf(pid, entry);
      users.set(mountpoint, [...(users.get(mountpoint) ?? []), user]);
    }
  }
  return { complete: readLink('/proc/self/ns/pid') === initialPidNamespace, users };
}

/** Processes come and go meanwhile: a namespace is seen through the first of its processes that is still there. */
function* otherNamespaces(): Generator<readonly [number, readonly MountEntry[]]> {
  const seen = new Set([readLink('/proc/self/ns/mnt')]);
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const namespace = readLink(`/proc/${name}/ns/mnt`);
    if (namespace === undefined || seen.has(namespace)) continue;
    const mountinfo = readFile(`/proc/${name}/mountinfo`);
    if (mountinfo === undefined) continue;
    seen.add(namespace);
    yield [Number(name), parseMountTable(mountinfo)];
  }
}

function userOf(pid: number, entry: MountEntry): MountUser {
  const command = readFile(`/proc/${pid}/comm`)?.trimEnd() ?? '';
  const containerId = containerIdIn(readFile(`/proc/${pid}/cgroup`) ?? '');
  const user = { pid, command, mountpoint: entry.mountpoint };
  return containerId === undefined ? user : { ...user, containerId };
}

/** Docker, containerd and Podman all name the innermost cgroup by the container's ID (`docker-<id>.scope`, `/docker/<id>`). */
export function containerIdIn(cgroup: string): string | undefined {
  return [...cgroup.matchAll(/(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g)].at(-1)?.[0];
}

function readLink(path: string): string | undefined {
  return unlessGone(() => readlinkSync(path));
}

function readFile(path: string): string | undefined {
  return unlessGone(() => readFileSync(path, 'utf8'));
}

/** A process that ended meanwhile, whatever the error says (ENOENT, ESRCH, EINVAL for its mountinfo), is just not there. */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

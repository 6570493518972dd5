import type { Files } from '../../host/host.ts';
import { errnoOf } from '../shared/storage-errors.ts';

/** The FUSE clients of this host: processes named `glusterfs` whose last argument is their mountpoint. */
export interface ClientProcesses {
  /** Whether one serves what is mounted there now. The first question looks at all processes, later ones at that one. */
  isAlive(mountpoint: string): Promise<boolean>;
  /** To be told once something was mounted there: it has a client that was not seen yet. */
  forget(mountpoint: string): void;
}

interface Client {
  readonly pid: string;
  /** Clock ticks since the boot. */
  readonly startedAt: number;
}

interface Seen extends Client {
  readonly isCurrent: boolean;
}

export function createClientProcesses(files: Pick<Files, 'list' | 'readText'>): ClientProcesses {
  const seen = new Map<string, Seen>();

  /**
   * The one started last: an earlier client lives on after an unmount as long as a container has a bind of its mount. Nor
   * can one that was started before the one seen last serve the mount that came after it.
   */
  async function search(mountpoint: string): Promise<Client | undefined> {
    const pids = ((await files.list('/proc')) ?? []).filter((name) => /^\d+$/.test(name));
    const found = await Promise.all(pids.map((pid) => clientOf(files, pid, mountpoint)));
    const since = seen.get(mountpoint)?.startedAt ?? 0;
    return found
      .filter((client) => client !== undefined && client.startedAt >= since)
      .sort((a, b) => (b?.startedAt ?? 0) - (a?.startedAt ?? 0))[0];
  }

  return {
    async isAlive(mountpoint) {
      const last = seen.get(mountpoint);
      if (last?.isCurrent) {
        const now = await clientOf(files, last.pid, mountpoint);
        if (now?.startedAt === last.startedAt) return true;
      }
      const found = await search(mountpoint);
      if (found !== undefined) seen.set(mountpoint, { ...found, isCurrent: true });
      return found !== undefined;
    },
    forget(mountpoint) {
      const client = seen.get(mountpoint);
      if (client !== undefined) seen.set(mountpoint, { ...client, isCurrent: false });
    },
  };
}

async function clientOf(
  files: Pick<Files, 'readText'>,
  pid: string,
  mountpoint: string,
): Promise<Client | undefined> {
  // The name first: to read the arguments of just any process can wait for a lock on its memory.
  const state = processState(await readOf(files, `/proc/${pid}/stat`));
  if (state === 'other') return undefined;
  // NUL after each argument; empty for a zombie, which a client that nobody waits for stays.
  const args = (await readOf(files, `/proc/${pid}/cmdline`))?.split('\0').slice(0, -1) ?? [];
  const isClient = args[0]?.split('/').at(-1) === 'glusterfs' && args.at(-1) === mountpoint;
  return isClient ? { pid, startedAt: state } : undefined;
}

/** When a process named glusterfs was started (proc(5): name, state, and the start as the 20th field from the state on). */
function processState(stat: string | undefined): number | 'other' {
  if (stat === undefined) return 0;
  const [, name, rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(stat) ?? [];
  const fields = rest.split(' ');
  if (name !== 'glusterfs' || fields[0] === 'Z') return 'other';
  return Number(fields[19]);
}

/** Undefined for a process that has ended, also at this very moment. */
async function readOf(files: Pick<Files, 'readText'>, path: string): Promise<string | undefined> {
  try {
    return await files.readText(path);
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return undefined;
    throw error;
  }
}

import type { Files, Mounts } from '../../host/host.ts';

/** The FUSE clients of this host: processes named `glusterfs` whose last argument is their mountpoint. */
export interface ClientProcesses {
  /**
   * Whether a client serves the current mount there. The first call looks at all processes, later ones only at that client. `device`: that
   * of its mount, if it was only bound elsewhere and is not there any more.
   */
  isAlive(mountpoint: string, device?: string): Promise<boolean>;
  /** To be called once something was mounted there: it has a new client. */
  forget(mountpoint: string): void;
}

interface Client {
  readonly pid: string;
  /** Start time in clock ticks since the boot. */
  readonly startedAt: number;
}

interface Seen extends Client {
  readonly isCurrent: boolean;
}

export function createClientProcesses(
  files: Pick<Files, 'list' | 'readText'>,
  mounts: Pick<Mounts, 'at'>,
): ClientProcesses {
  const seen = new Map<string, Seen>();

  /**
   * The client started last: an earlier one survives an unmount while a container has a bind of its mount. A client that was started
   * before the one seen last cannot serve a later mount either. One of another daemon, in a container of its own with the same paths, does
   * not have our mount.
   */
  async function search(mountpoint: string, device?: string): Promise<Client | undefined> {
    const pids = ((await files.list('/proc')) ?? []).filter((name) => /^\d+$/.test(name));
    const found = await Promise.all(pids.map((pid) => clientOf(files, pid, mountpoint)));
    const since = seen.get(mountpoint)?.startedAt ?? 0;
    const possible = found
      .filter((client) => client !== undefined)
      .filter(({ startedAt }) => startedAt >= since)
      .sort((a, b) => b.startedAt - a.startedAt);
    for (const client of possible) if (await hasMount(files, client.pid, device)) return client;
    return undefined;
  }

  async function deviceAt(mountpoint: string): Promise<string | undefined> {
    const state = await mounts.at(mountpoint);
    return state.kind === 'mounted' ? state.device : undefined;
  }

  return {
    async isAlive(mountpoint, device) {
      const last = seen.get(mountpoint);
      if (last?.isCurrent) {
        const now = await clientOf(files, last.pid, mountpoint);
        if (now?.startedAt === last.startedAt) return true;
      }
      const found = await search(mountpoint, device ?? (await deviceAt(mountpoint)));
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
  // Check the name first: reading the arguments of an arbitrary process may wait for a lock on its memory.
  const state = processState(await files.readText(`/proc/${pid}/stat`));
  if (state === 'other') return undefined;
  // NUL after each argument; empty for a zombie, which a client that nobody waits for becomes.
  const args = (await files.readText(`/proc/${pid}/cmdline`))?.split('\0').slice(0, -1) ?? [];
  const isClient = args[0]?.split('/').at(-1) === 'glusterfs' && args.at(-1) === mountpoint;
  return isClient ? { pid, startedAt: state } : undefined;
}

/** In doubt, it has. The third field of a line is the device (proc(5)). */
async function hasMount(
  files: Pick<Files, 'readText'>,
  pid: string,
  device: string | undefined,
): Promise<boolean> {
  const table = await files.readText(`/proc/${pid}/mountinfo`);
  if (table === undefined || device === undefined) return true;
  return table.split('\n').some((line) => line.split(' ')[2] === device);
}

/** The start time of a process named glusterfs (proc(5): name, state, and the start as the 20th field from the state on). */
function processState(stat: string | undefined): number | 'other' {
  if (stat === undefined) return 0;
  const [, name, rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(stat) ?? [];
  const fields = rest.split(' ');
  if (name !== 'glusterfs' || fields[0] === 'Z') return 'other';
  return Number(fields[19]);
}

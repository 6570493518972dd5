import { closeSync, constants, openSync } from 'node:fs';
import { pathOnly } from '../files/place.ts';
import type { MountFacts, SystemCalls } from '../system-calls.ts';
import type { ReadMountTable } from './kernel-mounts.ts';
import { isLocal } from './local-file-systems.ts';
import { mountHolding } from './table.ts';

/** Tells, mostly without reading the mount table, which calls cannot block and may be made in the calling thread. */
export interface MayBlock {
  /** Where a path leads. Opening a local or missing path does not wait for a server. */
  of(path: string): Promise<'local' | 'missing' | 'symlink' | 'unknown'>;
  /** What unmounting the topmost mount on a path ends. */
  ends(path: string, facts: MountFacts): Promise<Ending>;
}

type Ending = 'one-mount' | 'local-file-system' | 'other-file-system';

export function createMayBlock(calls: SystemCalls, readTable: ReadMountTable): MayBlock {
  /** By mount (path, device and mount ID). */
  const localMounts = new Map<string, boolean>();
  /** By device: another place where it was mounted. */
  const homes = new Map<string, string>();

  async function isLocalMount(path: string, facts: MountFacts): Promise<boolean> {
    const key = `${path} ${facts.device} ${facts.mountId}`;
    const answer = localMounts.get(key) ?? isLocal(mountHolding(await readTable(), path));
    localMounts.set(key, answer);
    return answer;
  }

  let root: number | undefined;

  /** Whether the path is on the root's own mount, without a symlink: one look, where the walk has one for each part. */
  function isOnRoot(path: string): boolean {
    root ??= openSync('/', pathOnly | constants.O_DIRECTORY);
    const fd = calls.openCached(root, path.slice(1), pathOnly);
    if (typeof fd !== 'number') return false;
    closeSync(fd);
    return true;
  }

  return {
    of: async (path) => {
      const top = mountFacts(calls, '/');
      const isTopLocal = typeof top === 'object' && (await isLocalMount('/', top));
      if (isTopLocal && isOnRoot(path)) return 'local';
      // From the top down: nothing below a mount that may hang is touched.
      for (const prefix of prefixes(path)) {
        const facts = mountFacts(calls, prefix);
        if (facts === 'missing' || facts === 'unknown') return facts;
        if (facts.isSymlink) return 'symlink';
        if (facts.isMountRoot && !(await isLocalMount(prefix, facts))) return 'unknown';
      }
      return 'local';
    },
    ends: async (path, facts) => {
      const home = homes.get(facts.device);
      if (home !== undefined && home !== path && isHome(calls, home, facts)) return 'one-mount';
      const table = await readTable();
      const entry = mountHolding(table, path);
      const others = table.filter(
        ({ device, mountpoint }) => device === entry?.device && mountpoint !== path,
      );
      const seen = others.find(({ mountpoint }) => isHome(calls, mountpoint, facts));
      if (seen) homes.set(facts.device, seen.mountpoint);
      if (others.length > 0) return 'one-mount';
      return isLocal(entry) ? 'local-file-system' : 'other-file-system';
    },
  };
}

/** While the file system is also mounted elsewhere, an unmount writes nothing back. */
function isHome(calls: SystemCalls, path: string, facts: MountFacts): boolean {
  const now = mountFacts(calls, path);
  return typeof now === 'object' && now.isMountRoot && now.device === facts.device;
}

/** `unknown`: the file system is dead. */
export function mountFacts(calls: SystemCalls, path: string): MountFacts | 'missing' | 'unknown' {
  try {
    return calls.statMount(path) ?? 'missing';
  } catch {
    return 'unknown';
  }
}

/** "/", "/a", "/a/b" of "/a/b". */
function* prefixes(path: string): Generator<string> {
  yield '/';
  for (let end = path.indexOf('/', 1); end > 0; end = path.indexOf('/', end + 1)) yield path.slice(0, end);
  if (path !== '/') yield path;
}

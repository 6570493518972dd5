import type { MountEntry } from '../host.ts';
import { mountsBelow, parentOf } from '../mounts/table.ts';
import { createCopies } from './copies.ts';
import type { Namespace } from './namespace.ts';

/** A mount below the root, and another mount that shows the same data or a part of it. */
interface FoundUse {
  readonly mountpoint: string;
  readonly entry: MountEntry;
}

interface UseElsewhere extends FoundUse {
  readonly pid: number;
  /** Another mount of ours covers that mount. */
  readonly isCovered: boolean;
}

export interface FoundUses {
  readonly elsewhere: readonly UseElsewhere[];
  /** In our own namespace. */
  readonly here: readonly FoundUse[];
}

/**
 * Finds who uses the mounts below the root: mounts of the same device and directory or, as with `volume-subpath`, of a directory
 * below it. Costs a few map lookups per entry. Not counted are our own mountpoint, mounts that contain our mountpoint, and copies.
 * A copy of another of our mounts is treated like that mount.
 */
export function findUses(root: string, own: Namespace, others: readonly Namespace[]): FoundUses {
  const wanted = indexByDevice(mountsBelow(own.entries, root));
  if (wanted.size === 0) return { elsewhere: [], here: [] };
  const copies = createCopies(own, others);
  const topmost = new Map(own.entries.map(({ mountpoint, mountId }) => [mountpoint, mountId]));
  const elsewhere = others.flatMap((namespace) =>
    namespace.entries.flatMap((entry) => {
      const mounts = candidates(wanted, entry);
      if (mounts.length === 0 || copies.isCopy(entry, namespace)) return [];
      return mounts.map(({ mountpoint, mountId }) => ({
        mountpoint,
        entry,
        pid: namespace.pid,
        isCovered: topmost.get(mountpoint) !== mountId,
      }));
    }),
  );
  const here = own.entries.flatMap((entry) =>
    candidates(wanted, entry)
      .filter((mount) => mount.mountpoint !== entry.mountpoint && !liesIn(mount, entry, own))
      .filter((mount) => !copies.isHeard(entry, own, mount))
      .map(({ mountpoint }) => ({ mountpoint, entry })),
  );
  return { elsewhere, here };
}

type ByRoot = Map<string, MountEntry[]>;

function indexByDevice(mounts: readonly MountEntry[]): ReadonlyMap<string, ByRoot> {
  const devices = new Map<string, ByRoot>();
  for (const mount of mounts) {
    const roots: ByRoot = devices.get(mount.device) ?? new Map();
    devices.set(mount.device, roots);
    roots.set(mount.root, [...(roots.get(mount.root) ?? []), mount]);
  }
  return devices;
}

/** Our mounts of the same device whose root is the entry's, or a directory above it. */
function candidates(wanted: ReadonlyMap<string, ByRoot>, entry: MountEntry): readonly MountEntry[] {
  const roots = wanted.get(entry.device);
  if (!roots) return [];
  const found = [...(roots.get(entry.root) ?? [])];
  for (let at = entry.root; at !== '/'; ) {
    at = parentOf(at);
    found.push(...(roots.get(at) ?? []));
  }
  return found;
}

/** Whether the mount lies in the entry, directly or not: for example our mount root in an adopted `/var`. */
function liesIn(mount: MountEntry, entry: MountEntry, own: Namespace): boolean {
  for (let at = own.parentOf(mount); at; at = own.parentOf(at)) if (at === entry) return true;
  return false;
}

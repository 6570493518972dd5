import type { MountEntry } from './host.ts';
import { mountsBelow, parentOf, peerGroups, rootOf } from './mount-table.ts';

/** One mount below the root, and a mount of another namespace that shows the same data or a part of it. */
interface FoundUse {
  readonly mountpoint: string;
  readonly entry: MountEntry;
  /** Another mount of ours lies over that mount. */
  readonly isCovered: boolean;
}

/** Finds, among the mounts of another namespace, those that use a mount below the root. */
export type UseFinder = (others: readonly MountEntry[]) => readonly FoundUse[];

/**
 * Prepared once for our own table, then asked for each other namespace; costs a few map lookups per entry.
 * The same device is used from the same directory or, as with `volume-subpath`, from one below it. No use is a copy that
 * a namespace inherited: at our very mountpoint, or where our unmount reaches it as an event of the mount's parent.
 */
export function createUseFinder(own: readonly MountEntry[], root: string): UseFinder {
  const wanted = indexByDevice(mountsBelow(own, root));
  const ownById = indexById(own);
  const topmost = new Map(own.map(({ mountpoint, mountId }) => [mountpoint, mountId]));
  return (others) => {
    const othersById = indexById(others);
    return others.flatMap((entry) =>
      candidates(wanted, entry)
        .filter((mount) => !isInheritedCopy(entry, othersById, mount, ownById))
        .map((mount) => ({
          mountpoint: mount.mountpoint,
          entry,
          isCovered: topmost.get(mount.mountpoint) !== mount.mountId,
        })),
    );
  };
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

function indexById(entries: readonly MountEntry[]): ReadonlyMap<number, MountEntry> {
  return new Map(entries.map((entry) => [entry.mountId, entry]));
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

function isInheritedCopy(
  entry: MountEntry,
  othersById: ReadonlyMap<number, MountEntry>,
  mount: MountEntry,
  ownById: ReadonlyMap<number, MountEntry>,
): boolean {
  if (entry.root !== mount.root) return false;
  if (entry.mountpoint === mount.mountpoint) return true;
  const parent = othersById.get(entry.parentId);
  const ownParent = ownById.get(mount.parentId);
  if (!parent || !ownParent || parent.device !== ownParent.device) return false;
  const groups = peerGroups(ownParent, ['shared']);
  const hears = peerGroups(parent, ['shared', 'master', 'propagate_from']).some((group) =>
    groups.includes(group),
  );
  return hears && rootOf(parent, entry.mountpoint) === rootOf(ownParent, mount.mountpoint);
}

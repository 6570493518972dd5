import type { MountEntry } from '../host.ts';
import { rootOf } from '../mounts/table.ts';

/** The mounts of one mount namespace, as one of its processes sees them. */
export interface Namespace {
  readonly pid: number;
  readonly entries: readonly MountEntry[];
  parentOf(entry: MountEntry): MountEntry | undefined;
  /** The file system and directory that it is mounted on; undefined if its parent mount is not visible. */
  placeOf(entry: MountEntry): string | undefined;
  /** All mounts from this one up to the namespace's root. Equal in a namespace that started as a copy of the other. */
  pathOf(entry: MountEntry): string;
  /** Whether another mount lies within it. A mount that covers it completely does not count. */
  hasMountsWithin(entry: MountEntry): boolean;
}

/** Builds its indexes lazily: most namespaces have none of our mounts. */
export function createNamespace(pid: number, entries: readonly MountEntry[]): Namespace {
  let byId: ReadonlyMap<number, MountEntry> | undefined;
  const find = (id: number) => {
    byId ??= new Map(entries.map((entry) => [entry.mountId, entry]));
    return byId.get(id);
  };
  // The first mount of a namespace names itself as its parent.
  const parentOf = (entry: MountEntry) =>
    entry.parentId === entry.mountId ? undefined : find(entry.parentId);
  const paths = new Map<MountEntry, string>();
  function pathOf(entry: MountEntry): string {
    const known = paths.get(entry);
    if (known !== undefined) return known;
    const parent = parentOf(entry);
    const above = parent === undefined ? '' : `${pathOf(parent)}\n`;
    const path = `${above}${entry.device} ${entry.root} ${entry.mountpoint}`;
    paths.set(entry, path);
    return path;
  }
  const places = new Map<MountEntry, string | undefined>();
  function placeOf(entry: MountEntry): string | undefined {
    if (places.has(entry)) return places.get(entry);
    const parent = parentOf(entry);
    const place = parent && `${parent.device} ${rootOf(parent, entry.mountpoint)}`;
    places.set(entry, place);
    return place;
  }
  let crowded: ReadonlySet<number> | undefined;
  return {
    pid,
    entries,
    parentOf,
    placeOf,
    pathOf,
    hasMountsWithin(entry) {
      crowded ??= new Set(
        entries
          .filter(({ parentId, mountpoint }) => find(parentId)?.mountpoint !== mountpoint)
          .map(({ parentId }) => parentId),
      );
      return crowded.has(entry.mountId);
    },
  };
}

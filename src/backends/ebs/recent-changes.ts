import type { VolumeName } from '../../core/names.ts';

/** What this host changed just now: EC2's index of tags may show it only after some seconds. */
export interface RecentChanges {
  created(name: VolumeName, diskId: string): void;
  removed(diskId: string): void;
  /** The EBS volume that was created under this name, or brought back, a moment ago. */
  createdAs(name: VolumeName): string | undefined;
  isRemoved(diskId: string): boolean;
  all(): Iterable<string>;
}

/** Milliseconds; the index is mostly seconds behind. */
const memory = 5 * 60_000;

export function createRecentChanges(now: () => number): RecentChanges {
  const created = new Map<VolumeName, { readonly diskId: string; readonly at: number }>();
  const removed = new Map<string, number>();
  const isRecent = (at: number | undefined) => at !== undefined && now() - at < memory;
  return {
    created(name, diskId) {
      removed.delete(diskId);
      created.set(name, { diskId, at: now() });
    },
    removed(diskId) {
      removed.set(diskId, now());
      for (const [name, entry] of created) if (entry.diskId === diskId) created.delete(name);
    },
    createdAs(name) {
      const entry = created.get(name);
      return isRecent(entry?.at) ? entry?.diskId : undefined;
    },
    isRemoved: (diskId) => isRecent(removed.get(diskId)),
    *all() {
      for (const { diskId, at } of created.values()) if (isRecent(at)) yield diskId;
    },
  };
}

import type { VolumeName } from '../../../core/names.ts';

/** What this host changed just now: EC2's index of tags may take some seconds to show it. */
export interface RecentChanges {
  created(name: VolumeName, diskId: string): void;
  /** `at`: RFC 3339, UTC. */
  removed(diskId: string, at: string): void;
  /** The EBS volume that was created under this name, or brought back, a moment ago. */
  createdAs(name: VolumeName): string | undefined;
  /** Whether tags that say otherwise are older than our removal; `restoredAt` is when it was last brought back, by any host. */
  isRemoved(diskId: string, restoredAt: string | undefined): boolean;
  all(): Iterable<string>;
}

/** Milliseconds; the index usually lags by seconds. */
const memory = 5 * 60_000;

export function createRecentChanges(now: () => number): RecentChanges {
  const created = new Map<VolumeName, { readonly diskId: string; readonly at: number }>();
  const removed = new Map<string, { readonly removedAt: string; readonly at: number }>();
  const isRecent = (at: number | undefined) => at !== undefined && now() - at < memory;
  return {
    created(name, diskId) {
      removed.delete(diskId);
      created.set(name, { diskId, at: now() });
    },
    removed(diskId, removedAt) {
      removed.set(diskId, { removedAt, at: now() });
      for (const [name, entry] of created) if (entry.diskId === diskId) created.delete(name);
    },
    createdAs(name) {
      const entry = created.get(name);
      return isRecent(entry?.at) ? entry?.diskId : undefined;
    },
    isRemoved(diskId, restoredAt = '') {
      const entry = removed.get(diskId);
      return isRecent(entry?.at) && restoredAt < (entry?.removedAt ?? '');
    },
    *all() {
      for (const { diskId, at } of created.values()) if (isRecent(at)) yield diskId;
    },
  };
}

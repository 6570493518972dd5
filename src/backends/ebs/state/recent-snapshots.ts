import type { Snapshot } from '../ec2/ec2.ts';

/** Snapshots that this host made or deleted just now: EC2's index of tags may take some seconds to show it. */
export interface RecentSnapshots {
  made(snapshot: Snapshot): void;
  deleted(id: string): void;
  isDeleted(id: string): boolean;
  all(): readonly string[];
}

/** Milliseconds; the index usually lags by seconds. */
const memory = 5 * 60_000;

export function createRecentSnapshots(now: () => number): RecentSnapshots {
  const known = new Map<string, { readonly isThere: boolean; readonly at: number }>();
  const note = (id: string, isThere: boolean) => {
    for (const [other, { at }] of known) if (now() - at >= memory) known.delete(other);
    known.set(id, { isThere, at: now() });
  };
  return {
    made: ({ id }) => note(id, true),
    deleted: (id) => note(id, false),
    isDeleted: (id) => known.get(id)?.isThere === false,
    all: () => [...known].filter(([, { isThere }]) => isThere).map(([id]) => id),
  };
}

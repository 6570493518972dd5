import { parseSnapshotName, parseVolumeName, type SnapshotName, type VolumeName } from '../names.ts';
import type { Volume } from '../volume.ts';
import { VolumeError } from '../volume-error.ts';

/** A read-only state of one volume at one moment, kept by the same storage. */
export interface Snapshot {
  readonly name: SnapshotName;
  /** Tells this snapshot from an earlier or later one of the same name. */
  readonly id: string;
  /** The volume as it was then: all that a clone needs. */
  readonly volume: Volume;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  readonly consistency: Consistency;
  /** How much of it the storage has copied, in percent, as long as that goes on. The data is that of its moment. */
  readonly progress?: number;
  /** Where the snapshot was made, such as a region, if this is a copy from elsewhere. It needs no volume beside it. */
  readonly copiedFrom?: string;
}

/** A copy of a snapshot in another place of the same storage. */
export interface SnapshotCopy {
  /** Its ID there, as the storage's own tools show it. */
  readonly id: string;
  readonly place: string;
  /** As for `Snapshot`. */
  readonly progress?: number;
}

export const consistencies = ['unmounted', 'frozen', 'paused', 'live'] as const;
/**
 * What happened while the data was copied. `unmounted`: nobody could write. `frozen`: the file system was frozen while it was in use, so
 * the copy is as after a power cut. `paused`: only paused containers had the volume. `live`: others could write, so the files may be of
 * different moments.
 */
export type Consistency = (typeof consistencies)[number];

/** A recorded snapshot of which only the name can be read. It exists, and is left alone. */
export interface UnreadableSnapshot {
  readonly name: SnapshotName;
  readonly volumeId: string;
  /** For users: what cannot be read, why, and the way out. */
  readonly unreadable: string;
}

export type KnownSnapshot = Snapshot | UnreadableSnapshot;

export function isUnreadableSnapshot(snapshot: KnownSnapshot): snapshot is UnreadableSnapshot {
  return 'unreadable' in snapshot;
}

/** For a verb that needs more than the name. Throws `failed`, with the way out. */
export function requireReadableSnapshot(snapshot: KnownSnapshot): Snapshot {
  if (!isUnreadableSnapshot(snapshot)) return snapshot;
  throw new VolumeError('failed', snapshot.unreadable);
}

export function volumeIdOf(snapshot: KnownSnapshot): string {
  return isUnreadableSnapshot(snapshot) ? snapshot.volumeId : snapshot.volume.id;
}

/** What a clone is made of: a volume as it is now, or one of its snapshots. */
export interface SourceName {
  readonly volume: VolumeName;
  readonly snapshot?: SnapshotName;
}

/** Reads `db` and `db@before`. Throws `invalid`. */
export function parseSourceName(text: string): SourceName {
  const at = text.indexOf('@');
  if (at < 0) return { volume: parseVolumeName(text) };
  return { volume: parseVolumeName(text.slice(0, at)), snapshot: parseSnapshotName(text.slice(at + 1)) };
}

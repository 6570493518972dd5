import type { KnownSnapshot, Snapshot, SnapshotCopy } from '../core/protect/snapshot.ts';
import type { Options, RemovedVolume, Volume } from '../core/volume.ts';

/** Where the data of a removed volume will be: in the trash, where it is now, or deleted. */
export interface DataFate {
  readonly kept: 'trash' | 'in-place' | 'nowhere';
  /** RFC 3339, UTC: until when the trash keeps it. */
  readonly purgeAfter?: string;
}

/** What a backend, or one volume of it, cannot do. */
export interface NotOffered {
  readonly kind: 'none';
  /** For users: why, and the way out. A whole sentence. */
  readonly why: string;
}

/** A host as the storage knows it. */
export interface StorageHost {
  readonly id: string;
  /** Volumes are attached only to hosts in their zone. */
  readonly zone: string;
  /** How many volumes of this driver it takes; undefined if that is not known. */
  readonly mostVolumes?: number;
}

/** Every method may be repeated, as those of `Backend`. The host need not be this one. */
export interface Attachments {
  readonly kind: 'attaches';
  thisHost(signal: AbortSignal): Promise<StorageHost>;
  /**
   * Makes the volume a disk of the host, for a later `stage` there. Throws `not-found` for an unknown host, `in-use` if another live host
   * has it. A volume that the host has by a `stage` stays as it is.
   */
  attach(volume: Volume, hostId: string, signal: AbortSignal): Promise<void>;
  /**
   * Undoes `attach`; without a host, wherever it is attached. Throws `in-use` while it is staged, or was staged there since: then
   * `unstage` there undoes it.
   */
  detach(volume: Volume, hostId: string | undefined, signal: AbortSignal): Promise<void>;
}

export interface FreeSpace {
  readonly kind: 'measured';
  /** Bytes, measured now. Throws `unavailable` if the storage cannot be asked. */
  measure(signal: AbortSignal): Promise<number>;
}

/** How the data of one volume is copied, as it is now. */
export type CopyManner =
  /** Blocks are shared: takes the same short time for any size, also while the volume is in use. */
  { readonly kind: 'instant' } | FullCopy | NotOffered;

/** Its data is read and written, while nobody uses it. */
export interface FullCopy {
  readonly kind: 'copy';
  /** It can also be made while the volume is used, if that is asked for: the files are then of different moments. */
  readonly canBeLive?: true;
  readonly bytes: number;
  /** Files and directories; absent for the image of a volume. */
  readonly entries?: number;
  /** False if there is more than so many. */
  readonly isWhole: boolean;
  /** For users: how it could be instant, as a phrase such as `move it to …`. */
  readonly wayOut: string;
}

/** Every method may be repeated, as those of `Backend`. Calls for one volume never overlap. */
export interface Snapshots {
  readonly kind: 'kept';
  /** How a snapshot of the volume would be made. Changes nothing. */
  manner(volume: Volume, signal: AbortSignal): Promise<CopyManner>;
  /**
   * Keeps the volume's present state. `mountpoint`: where it is staged while it is in use, to be frozen; undefined once it is unstaged,
   * and for a copy that may be of a volume in use (`FullCopy.canBeLive`). Throws `conflict` if the volume has another snapshot of that name, `unavailable` without room for a copy.
   */
  take(snapshot: Snapshot, mountpoint: string | undefined, signal: AbortSignal): Promise<Snapshot>;
  /** Throws the error with which `take` would refuse before its first change. Changes nothing. */
  foreseeTake(snapshot: Snapshot, mountpoint: string | undefined, signal: AbortSignal): Promise<void>;
  /** Those of one volume, or of all, also of removed ones; sorted by time. An unreadable snapshot keeps its name. */
  list(volume: Volume | undefined, signal: AbortSignal): Promise<readonly KnownSnapshot[]>;
  /** Permanently deletes it. */
  remove(snapshot: Snapshot, signal: AbortSignal): Promise<void>;
  /**
   * Mounts the snapshot read-only at the mountpoint, an existing empty directory. May fail halfway; `unstage` handles that. Does
   * nothing if it is already mounted there.
   */
  stage(snapshot: Snapshot, mountpoint: string, signal: AbortSignal): Promise<void>;
  /** Undoes `stage`, whether complete, partial or not started. The mountpoint directory stays. */
  unstage(snapshot: Snapshot, mountpoint: string, signal: AbortSignal): Promise<void>;
  /** Throws the error with which `clone` would refuse before its first change. Changes nothing. */
  foreseeClone(volume: Volume, source: CloneSource, signal: AbortSignal): Promise<void>;
  /** Makes the planned volume, with the data of its source; as `create` otherwise. */
  clone(volume: Volume, source: CloneSource, signal: AbortSignal): Promise<Volume>;
  /**
   * Gives the unstaged volume the data of its snapshot. Its previous data goes to the trash, as a removed volume with the same
   * name and the ID `keptAs`, which is returned.
   */
  rollback(volume: Volume, snapshot: Snapshot, keptAs: string, signal: AbortSignal): Promise<RemovedVolume>;
  /**
   * Throws the error with which `rollback` would refuse before its first change. Changes nothing. Returns what would happen to
   * the present data of the volume.
   */
  foreseeRollback(volume: Volume, snapshot: Snapshot, signal: AbortSignal): Promise<DataFate>;
  /** Copies of snapshots in other places of the same storage. */
  readonly copies: SnapshotCopies | NotOffered;
}

/** Both may overlap with other calls for the volume, except those for the same snapshot and place. */
export interface SnapshotCopies {
  readonly kind: 'copies';
  /** Begins a copy of the snapshot in that place, and returns it; one that is there already is returned as it is now. */
  copy(snapshot: Snapshot, place: string, signal: AbortSignal): Promise<SnapshotCopy>;
  /** The copy that is there, if any. Throws the error with which `copy` would refuse before its first change. Changes nothing. */
  foresee(snapshot: Snapshot, place: string, signal: AbortSignal): Promise<SnapshotCopy | undefined>;
}

export type CloneSource =
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  /** `mountpoint`: as for `take`. */
  | { readonly kind: 'volume'; readonly volume: Volume; readonly mountpoint: string | undefined };

/** Every method may be repeated, like those of `Backend`. */
export interface Growth {
  readonly kind: 'grows';
  /**
   * `always`: staged or not; `online`: while it is staged, with users; `offline`: only while it is unstaged. Changes nothing.
   */
  manner(volume: Volume, signal: AbortSignal): Promise<'always' | 'online' | 'offline' | NotOffered>;
  /**
   * Enlarges volume and file system to this size, and returns the volume as recorded, with the new size. `mountpoint`: where it
   * is staged, for `online`. Makes it smaller only if the size is just a limit, and never less than what is used (`invalid`). The size
   * is recorded first: after a failure, the next `stage` completes the growth.
   */
  grow(volume: Volume, bytes: number, mountpoint: string | undefined, signal: AbortSignal): Promise<Volume>;
  /** The volume as `grow` would record it. Throws the error with which it would refuse before any change. Changes nothing. */
  foresee(volume: Volume, bytes: number, signal: AbortSignal): Promise<Volume>;
}

/** Every method may be repeated, as those of `Backend`. */
export interface Modifications {
  readonly kind: 'modifies';
  /** When it may be called: `always`, or only while the volume is unstaged. A larger `size` has the rules of a growth. */
  readonly when: 'always' | 'unstaged';
  /** The volume as `modify` would record it; throws what it would refuse before its first change, in the same words. Changes nothing. */
  foresee(volume: Volume, wanted: Options, signal: AbortSignal): Promise<Volume>;
  /**
   * Gives the volume these options, all in one change, and returns it as recorded. `mountpoint`: where it is staged, for a larger `size`;
   * as for `grow`. Data and file system stay.
   */
  modify(
    volume: Volume,
    wanted: Options,
    mountpoint: string | undefined,
    signal: AbortSignal,
  ): Promise<Volume>;
}

import type { Capabilities, StorageHost } from '../backends/backend.ts';
import type { RecoveryStep } from '../core/decisions/recovery-plan.ts';
import type { Finding } from '../core/finding.ts';
import type { DriverName, MountId, SnapshotName, VolumeName } from '../core/names.ts';
import type { Prepared } from '../core/protect/containers.ts';
import type { Snapshot, SnapshotCopy } from '../core/protect/snapshot.ts';
import type { Usage } from '../core/usage.ts';
import type { Options, RemovedVolume, Volume } from '../core/volume.ts';
import type { VolumeError } from '../core/volume-error.ts';
import type {
  Aside,
  Caller,
  InUseRule,
  Mounted,
  Place,
  PrepareSource,
  Released,
  TakenStep,
} from './port/calls.ts';
import type { Foreseen, Intent } from './port/dry-run.ts';
import type {
  DriverStatus,
  ListedSnapshot,
  ListedVolume,
  StagedUse,
  UnusedVolume,
  VolumeUses,
  VolumeView,
} from './port/views.ts';

export type * from './port/calls.ts';
export * from './port/dry-run.ts';
export type * from './port/views.ts';

/**
 * What Docker, Mesos, the command line or any other front door can ask of one driver. No verb knows who asks.
 * Errors are VolumeErrors. A promise that rejects with `timeout` leaves its work running: the same call again joins it.
 */
export interface VolumeDriver {
  readonly name: DriverName;
  /** The backend's name, as in the configuration; `joint` for one that has members. */
  readonly backend: string;
  /** The drivers that this one is a common name of; empty for a driver with storage of its own. */
  readonly members: readonly DriverName[];
  readonly capabilities: Capabilities;
  /** What its backend can do with at least some of its volumes; for a joint driver, what any of its members can do. */
  readonly offers: Offers;

  /**
   * A volume that exists, with equal, empty or no options: done. With other options: `conflict`, naming the difference. `prepare` is
   * only for a copy of a volume: it is called with the source's name first. What it prepared is released when the work is done, even
   * if the caller has given up.
   */
  create(name: VolumeName, options: Options, prepare?: PrepareSource): Promise<void>;
  /** `in-use` only for a use that the kernel confirms. A volume that does not exist: done. */
  remove(name: VolumeName): Promise<void>;
  /** Records the caller as a holder, unless the caller is gone. */
  mount(name: VolumeName, id: MountId, caller: Caller): Promise<Mounted>;
  /** Drops the holder. Succeeds for a caller that does not hold. The teardown may come later. */
  unmount(name: VolumeName, id: MountId): Promise<void>;
  /**
   * Gives the volume up on this host: drops its holders and takes it down. `in-use` for a use that the kernel confirms, and while an
   * operator holds it. Not mounted here: done. Asks no storage about a volume that is mounted.
   */
  releaseVolume(name: VolumeName): Promise<Released>;

  /**
   * Mounts the volume at a path of this host that the caller chose, whose parent directory exists. The path is a holder until it is
   * withdrawn, also when the caller has gone. Published there already: done. `conflict` if that was with other access, or something
   * else is mounted there.
   */
  publish(name: VolumeName, place: Place): Promise<void>;
  /**
   * Unmounts the volume at this path, removes the directory if it is empty, and drops the holder. Succeeds without a change if
   * something else is mounted there. `in-use` if a process works in it.
   */
  unpublish(name: VolumeName, path: string): Promise<void>;

  /**
   * From memory; the storage is asked only about an unknown name. Undefined: the storage says that there is no such volume.
   * Rejects with another code than `not-found` if the storage does not answer within 50 s.
   */
  get(name: VolumeName): Promise<VolumeView | undefined>;
  /**
   * How full the volume is: from memory, or measured now if it never was. Undefined if that takes more than half a minute, or the
   * volume does not exist.
   */
  usageOf(name: VolumeName): Promise<Usage | undefined>;
  /** Who has the volume, as the kernel shows it now. Does not wait in the volume's queue. Nobody if it is not mounted here. */
  usesOf(name: VolumeName): Promise<VolumeUses>;
  /**
   * Makes the volume a disk of this or another host, which can then mount it. `not-found` for an unknown host, `in-use` if another live
   * host has it. `invalid` where the backend attaches nothing.
   */
  attach(name: VolumeName, hostId: string): Promise<void>;
  /** Undoes `attach`; without a host, wherever it is attached. A volume that is gone: done. `in-use` while a host has it mounted. */
  detach(name: VolumeName, hostId: string | undefined): Promise<void>;
  /** This host as the storage knows it. `invalid` where the backend attaches nothing. */
  thisHost(): Promise<StorageHost>;
  /** Bytes that are free for new volumes, measured now. `invalid` if the backend cannot know. */
  freeSpace(): Promise<number>;
  /** The `not-found` for a name that `get` finds nothing for, with the way out. */
  missing(name: VolumeName): Promise<VolumeError>;
  /** All known volumes, from memory. */
  list(): Iterable<ListedVolume>;
  /** The same, with everything that is in memory about each. */
  views(): Iterable<VolumeView>;
  /** From memory. */
  status(): DriverStatus;
  /** What is mounted here and who has it, by a fresh look at the kernel; a joint driver's are its members'. */
  uses(): Promise<readonly StagedUse[]>;
  /** Volumes that no host is known to use, with their last use if it was noted. Asks the storage. */
  unused(): Promise<readonly UnusedVolume[]>;
  /** Changes whenever `list` would. */
  readonly revision: number;

  listRemoved(): Promise<readonly RemovedVolume[]>;
  /** Brings back the newest removed volume of this name, or the one with this ID; `as`: under another name, which must be free. */
  undelete(name: VolumeName, id?: string, as?: VolumeName): Promise<Volume>;

  /** What this call would do now, decided as the call itself decides it; throws what it would throw. Changes nothing. */
  foresee(intent: Intent): Promise<Foreseen>;
  /**
   * Makes a snapshot of the volume; if the volume is in use, only if that is possible at once, or `use` allows it. `conflict`: it
   * has a snapshot with this name; `invalid`: this backend, or this volume, has no snapshots. `prepare` is called first. What it
   * prepared is released when the work is done, even if the caller has given up.
   */
  snapshot(
    name: VolumeName,
    snapshot: SnapshotName,
    use?: 'refuse' | 'accept',
    prepare?: () => Promise<Prepared>,
  ): Promise<Snapshot>;
  /** The snapshots of one volume, or of all existing volumes. */
  listSnapshots(name?: VolumeName): Promise<readonly ListedSnapshot[]>;
  /** Deletes the snapshot permanently. */
  removeSnapshot(name: VolumeName, snapshot: SnapshotName): Promise<void>;
  /**
   * Begins a copy of the snapshot in another place of the same storage, such as a region. One that was begun is returned as it is now.
   * `invalid` where the backend has none, or does not know the place.
   */
  copySnapshot(name: VolumeName, snapshot: SnapshotName, place: string): Promise<SnapshotCopy>;
  /** Gives the unused volume the data of its snapshot. Returns the previous data, which can be undeleted. */
  rollback(name: VolumeName, snapshot: SnapshotName): Promise<RemovedVolume>;
  /**
   * Makes volume and file system so large, such as `20GiB`. Smaller only where the size is a limit without a file system of its own.
   * Online where the backend can. Default: file system `now`, for which the volume is mounted here for a moment; `later` mounts nothing:
   * if it is not mounted here, its file system follows where it is mounted next, or by the same call there.
   */
  grow(name: VolumeName, size: string, fileSystem?: 'now' | 'later'): Promise<Volume>;
  /** Gives the volume other options, all in one change. `invalid` for those that the backend, or EC2, cannot change. */
  modify(name: VolumeName, options: Options): Promise<Volume>;

  /**
   * Calls `work` while the volume's data is mounted read-only at a separate path: a snapshot if that is made at once, else the
   * data itself. In the second case nobody may use the volume (`in-use`), unless `use` allows it. After a kill, the next start
   * unmounts it.
   */
  readAside<T>(name: VolumeName, use: InUseRule, work: (aside: Aside) => Promise<T>): Promise<T>;
  /**
   * Creates a new volume (`conflict` if it exists), and calls `work` to write its data before anybody can mount it. If that
   * fails, the volume is removed again. After a kill, the next start removes it; until then it cannot be mounted.
   */
  fill(name: VolumeName, options: Options, work: (path: string) => Promise<void>): Promise<Volume>;

  /** What the storage says of itself, for `holdfast doctor`. Never rejects; empty for a joint driver, whose members tell. */
  diagnose(signal: AbortSignal): Promise<readonly Finding[]>;
  /** The steps that recovery would take now. */
  planRecovery(): Promise<readonly RecoveryStep[]>;
  /** Takes the steps of recovery. A failed step is reported and does not stop the others. */
  recover(): Promise<readonly TakenStep[]>;
}

export interface Offers {
  /** Snapshots, clones and rollbacks. */
  readonly snapshots: boolean;
  readonly growth: boolean;
  /** Other options of volumes that exist. */
  readonly modifications: boolean;
  /** How much space is free for new volumes. */
  readonly freeSpace: boolean;
  /** Attaching to hosts apart from mounting. */
  readonly attachments: boolean;
}

/** Makes volumes with the data of backups, for front doors that only create volumes. */
export interface Restores {
  /**
   * Resolves once the volume has all its data. Rejects with `timeout` while that takes longer: the same call again joins it. A volume
   * that exists: as any other Create.
   */
  create(driver: VolumeDriver, name: VolumeName, options: Options): Promise<void>;
  foresee(driver: VolumeDriver, name: VolumeName, options: Options): Promise<Foreseen>;
}

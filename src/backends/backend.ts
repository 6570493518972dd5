import type { Finding } from '../core/finding.ts';
import type { VolumeName } from '../core/names.ts';
import type { Measured } from '../core/usage.ts';
import type { KnownVolume, Options, RemovedVolume, Volume } from '../core/volume.ts';
import type {
  Attachments,
  DataFate,
  FreeSpace,
  Growth,
  Modifications,
  NotOffered,
  Snapshots,
} from './offers.ts';

export type * from './offers.ts';

export interface Capabilities {
  readonly scope: 'local' | 'global';
  readonly sharing: 'one-host' | 'many-hosts';
}

/**
 * One kind of storage. Every method may be repeated: done twice is done once. Calls for one volume never overlap.
 * Errors are VolumeErrors whose message names the volume, what happened, the helper's own words and the way out.
 */
export interface Backend {
  readonly capabilities: Capabilities;
  /**
   * Checks name and options (aliases resolved), and completes them from profile, defaults and the backend's own.
   * No I/O. Throws `invalid`, naming the option. `source`: the options of the volume that it becomes a copy of; they take the place of
   * the driver's defaults.
   */
  plan(name: VolumeName, options: Options, source?: Options): Volume;
  /**
   * The caller knows volumes here from its cache. So a storage without any trace of Holdfast must be the wrong one, such as the directory
   * below a disk that is not mounted: looks and changes then throw `unavailable`.
   */
  expectVolumes(): void;
  /** Makes a planned volume known to every host; the returned one is what was recorded. `conflict` when the name is taken. */
  create(volume: Volume, signal: AbortSignal): Promise<Volume>;
  /**
   * Throws the error with which `create`, `remove` or `undelete` would refuse before its first change. Changes nothing. For a
   * removal, it returns what would happen to the data; undefined if the volume does not exist.
   */
  foresee(change: Change, signal: AbortSignal): Promise<DataFate | undefined>;
  /** Cleans up after a failed create of this plan. Never touches a recorded volume. */
  discard(volume: Volume, signal: AbortSignal): Promise<void>;
  /** Forgets the volume and deals with its data as `onRemove` says. The caller made sure that nobody uses it. */
  remove(volume: Volume, signal: AbortSignal): Promise<void>;
  /** Undefined only if the storage says that there is no such volume. A volume with an unreadable record is `unreadable`, never absent. */
  lookup(name: VolumeName, signal: AbortSignal): Promise<KnownVolume | undefined>;
  /** Sorted by name. An unreadable volume keeps its name and does not hide the others. */
  list(signal: AbortSignal): Promise<readonly KnownVolume[]>;
  /**
   * Names that another host may have created or removed since the last call; the caller looks each of them up. Called every few
   * seconds, so it must be cheap. `known`: the volumes that the caller has. Empty if there are no other hosts.
   */
  changedNames(known: ReadonlySet<VolumeName>, signal: AbortSignal): Promise<readonly VolumeName[]>;
  /** Makes the data available at the mountpoint, an existing empty directory. May fail halfway; `unstage` copes with that. */
  stage(volume: Volume, mountpoint: string, signal: AbortSignal): Promise<void>;
  /** Undoes `stage`, whether complete, partial or not started. The mountpoint directory stays. */
  unstage(volume: Volume, mountpoint: string, signal: AbortSignal): Promise<void>;
  /**
   * Whether the staged mount is permanently dead: its FUSE client died, the server forgot its handle, or another host took its disk.
   * If many hosts can share the volume, `stage` may then be called to mount over it while containers still have the dead mount;
   * otherwise it is unstaged first. Called often for volumes that only one host can have.
   */
  isLost(volume: Volume, mountpoint: string, signal: AbortSignal): Promise<boolean>;
  /**
   * State of the server that has the volume's data, or the records if no volume is given. From memory; undefined if there is no
   * server, or it was not asked yet.
   */
  health(volume?: Volume): Health | undefined;
  /**
   * How full the volume is, measured now. Called only in the background, because it asks the storage and may take minutes.
   * `mountpoint`: where it is staged on this host, or undefined if it is not. Undefined if it cannot be measured now.
   */
  usage(volume: Volume, mountpoint: string | undefined, signal: AbortSignal): Promise<Measured | undefined>;
  /** How many bytes removed volumes still take, measured now. Called only in the background. Undefined if it cannot be measured now. */
  removedBytes(signal: AbortSignal): Promise<number | undefined>;
  /**
   * Notes, where every host sees it, that these volumes were in use on this host at this time (milliseconds since the epoch, not in
   * the future). Called in the background, also for volumes that are no longer mounted. A volume that was noted within the hour
   * before, or later, is skipped, and so is one that is gone.
   */
  noteUse(volumes: readonly Volume[], at: number, signal: AbortSignal): Promise<void>;
  /** When the volumes were last noted as used, by any host: milliseconds since the epoch, by volume ID. Volumes without a note are absent. */
  lastUses(signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
  /** For users: where the volume's data is and who has it, as last seen. From memory. */
  details(volume: Volume): Details;
  /**
   * Path of the volume's data in the host's own file systems, from memory: a mount there is the source of the data, not a use.
   * Undefined if the data is reached only through the backend's own mounts.
   */
  hostPath(volume: Volume): string | undefined;
  /**
   * What `holdfast doctor` is to know of the storage: whether it answers, serves what is configured, and lets this host do all
   * that the backend needs. Leaves everything as it was. Never rejects.
   */
  diagnose(signal: AbortSignal): Promise<readonly Finding[]>;
  /** Removed volumes whose data still exists, newest first. */
  listRemoved(signal: AbortSignal): Promise<readonly RemovedVolume[]>;
  /**
   * Gives a removed volume another name, under which it is listed and brought back. `conflict` when a volume has that name, `not-found`
   * when its data is gone, `invalid` when its data cannot have another name. Not affected by a volume that has the earlier name now.
   */
  renameRemoved(removed: RemovedVolume, name: VolumeName, signal: AbortSignal): Promise<RemovedVolume>;
  /** Brings a removed volume back under its name. `conflict` when the name is taken, `not-found` when its data is gone. */
  undelete(removed: RemovedVolume, signal: AbortSignal): Promise<Volume>;
  /** Permanently deletes removed volumes whose retention is over, and returns them. Also clears leftovers of crashes. */
  purge(signal: AbortSignal): Promise<readonly RemovedVolume[]>;
  /** Knows the free space for new volumes, or says why it does not. */
  readonly freeSpace: FreeSpace | NotOffered;
  /** Attaches volumes to hosts apart from mounting them, or says why it does not. */
  readonly attachments: Attachments | NotOffered;
  /** Keeps snapshots and makes clones, or says why it does not. */
  readonly snapshots: Snapshots | NotOffered;
  /** Makes volumes larger, or says why it does not. */
  readonly growth: Growth | NotOffered;
  /** Changes options of volumes that exist, or says why it does not. */
  readonly modifications: Modifications | NotOffered;
  /** Ends background work, and unmounts shared mounts that no staged volume uses. Never rejects. */
  close(): Promise<void>;
}

/** A change that is asked about before it is made. */
export type Change =
  | { readonly verb: 'create' | 'remove'; readonly volume: Volume }
  | {
      readonly verb: 'undelete';
      readonly removed: RemovedVolume;
      /** Under which name. */
      readonly as?: VolumeName;
    };

/** Short descriptions by key, such as `zone`. */
export type Details = Readonly<Record<string, string>>;

/** State of a storage server when it was last asked. Reading it never touches the file system. */
export interface Health {
  readonly server: string;
  /** `ok`, or a word for the problem (listed in docs/backends/). */
  readonly state: string;
  /** What happened and what to do, in one sentence. */
  readonly detail: string;
  /** Present while the server does not answer: no call is made to it until it answers again. Milliseconds since the epoch. */
  readonly downSince?: number;
  /** How many times its mounts were found dead since the start; earlier mounts may be lost (`Backend.isLost`). */
  readonly losses: number;
  /** Milliseconds since the epoch. */
  readonly checkedAt: number;
}

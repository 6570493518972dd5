import type { z } from 'zod';
import type { Finding } from '../core/finding.ts';
import type { Log } from '../core/log.ts';
import type { VolumeName } from '../core/names.ts';
import type { KnownSnapshot, Snapshot } from '../core/snapshot.ts';
import type { Measured } from '../core/usage.ts';
import type { KnownVolume, Options, RemovedVolume, Volume } from '../core/volume.ts';
import type { Report } from '../core/waits/progress.ts';
import type { Witness } from '../core/witness.ts';
import type { Host } from '../host/host.ts';

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
  | { readonly verb: 'undelete'; readonly removed: RemovedVolume };

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
}

export type CloneSource =
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  /** `mountpoint`: as for `take`. */
  | { readonly kind: 'volume'; readonly volume: Volume; readonly mountpoint: string | undefined };

/** Every method may be repeated, like those of `Backend`. */
export interface Growth {
  readonly kind: 'grows';
  /** `online`: while it is staged, with users; `offline`: only while it is unstaged. Changes nothing. */
  manner(volume: Volume, signal: AbortSignal): Promise<'online' | 'offline' | NotOffered>;
  /**
   * Enlarges volume and file system to this size, and returns the volume as recorded, with the new size. `mountpoint`: where it
   * is staged, for `online`. Never makes it smaller (`invalid`). The size is recorded first: after a failure, the next `stage`
   * completes the growth.
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

/** Short descriptions by key, such as `zone`. */
export type Details = Readonly<Record<string, string>>;

/** State of a storage server when it was last asked. Reading it never touches the file system. */
export interface Health {
  readonly server: string;
  /** `ok`, or a word for the problem (listed in docs/backends/). */
  readonly state: string;
  /** What happened and what to do, in one sentence. */
  readonly detail: string;
  /** A probe a moment ago got no answer: no call is made to the server until it answers again. */
  readonly isDown?: true;
  /** How many times its mounts were found dead since the start; earlier mounts may be lost (`Backend.isLost`). */
  readonly losses: number;
  /** Milliseconds since the epoch. */
  readonly checkedAt: number;
}

/** What a driver's backend is made from, apart from its settings. `defaults` and `profiles` are as written in the configuration. */
export interface BackendParts {
  readonly driver: string;
  /** Describes where a setting is written, for messages: its key and the file. */
  placeOf(key: string): string;
  readonly defaults: Options;
  readonly profiles: Readonly<Record<string, Options>>;
  readonly host: Host;
  /** This driver's own directory below the mount root, for mounts that several volumes share. Made when needed. */
  readonly workDir: string;
  readonly audit: Audit;
  /** Told of work that may take longer than a moment; absent: nobody asks. */
  readonly report?: Report;
  /** The configured witnesses by name; a backend asks those that its settings name. */
  readonly witnesses: ReadonlyMap<string, Witness>;
  /** For problems that do not fail a call, such as one unreadable record among many. */
  readonly log: Log;
}

/** What a driver with its settings needs of the host and of the rest of the configuration. */
export interface DriverNeeds {
  /** A directory of this host that only this driver may use, and the setting that names it. */
  readonly directory?: { readonly setting: string; readonly path: string };
  /** Witnesses that must be configured, and the setting that names them. */
  readonly witnesses?: { readonly setting: string; readonly names: readonly string[] };
  /** Paths whose file systems must be mounted before the daemon starts. */
  readonly mounts: readonly string[];
  /** Whether the storage is reached over the network. */
  readonly network: boolean;
}

/** The settings of one driver, read by its backend. Only the backend sees their values. */
export interface DriverSettings {
  readonly needs: DriverNeeds;
  /** As they were read, secrets included: to tell whether another configuration has the same. */
  text(): string;
  /** As people write them, by name, with the defaults; secrets included. */
  shown(): Readonly<Record<string, unknown>>;
  /** Whether volumes that are mounted with the other settings can be kept under these: the same storage, and all allowed. */
  keepsVolumesOf(other: DriverSettings): boolean;
  /** Makes the driver's backend. Throws `invalid` for invalid defaults or profiles. No I/O. */
  open(parts: BackendParts): Backend;
}

type ReadSettings =
  | { readonly kind: 'usable'; readonly settings: DriverSettings }
  | { readonly kind: 'wrong'; readonly issues: readonly z.core.$ZodIssue[] };

/** Records an act that formats, deletes or takes over, with its evidence, before the act is done. */
export type Audit = (act: AuditedAct) => void;

export interface AuditedAct {
  readonly act:
    | 'format'
    | 'trash'
    | 'retain'
    | 'delete'
    | 'purge'
    | 'undelete'
    | 'take-over'
    | 'clone'
    | 'rollback'
    | 'grow'
    | 'modify';
  readonly driver: string;
  readonly volume: string;
  /** The facts that the act relied on, in words. */
  readonly evidence: string;
}

/** Describes a backend; made by `defineBackend`. `backends/index.ts` loads it only when a driver is configured with it. */
export interface BackendDefinition {
  readonly name: string;
  /** One line for the table of backends. */
  readonly summary: string;
  /** The keys of a driver's settings; each has a description, from which the documentation's table is printed. */
  readonly settings: z.ZodObject;
  /** What `-o` takes; the documentation's table is printed from it. */
  readonly options: readonly OptionSpec[];
  /** Defaults of a managed plugin: each of these settings is the given folder of the plugin's own directory. */
  readonly pluginFolders: Readonly<Record<string, string>>;
  /** Checks the options of `defaults` or of a profile: aliases, names and values. Throws `invalid`. */
  checkOptions(options: Options): void;
  /** Reads the settings of one driver as written in the configuration; `explain` puts a problem with them into words. */
  readSettings(written: Readonly<Record<string, unknown>>, explain: z.core.$ZodErrorMap): ReadSettings;
}

export interface OptionSpec {
  readonly name: string;
  /** Spellings that users of other drivers know. Case does not matter. */
  readonly aliases: readonly string[];
  /** What it does, and its default. */
  readonly description: string;
  readonly example: string;
}

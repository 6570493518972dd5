import type { z } from 'zod';
import type { Log } from '../core/log.ts';
import type { VolumeName } from '../core/names.ts';
import type { Options, RemovedVolume, Volume } from '../core/volume.ts';
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
   * No I/O. Throws `invalid`, naming the option.
   */
  plan(name: VolumeName, options: Options): Volume;
  /** Makes a planned volume known to every host; the returned one is what was recorded. `conflict` when the name is taken. */
  create(volume: Volume, signal: AbortSignal): Promise<Volume>;
  /** Takes back what a failed create of this plan left. Never touches a volume that is recorded. */
  discard(volume: Volume, signal: AbortSignal): Promise<void>;
  /** Forgets the volume and deals with its data as `onRemove` says. The caller made sure that nobody uses it. */
  remove(volume: Volume, signal: AbortSignal): Promise<void>;
  lookup(name: VolumeName, signal: AbortSignal): Promise<Volume | undefined>;
  list(signal: AbortSignal): Promise<readonly Volume[]>;
  /** Makes the data available at the mountpoint, an existing empty directory. May fail half done; `unstage` copes with whatever was done. */
  stage(volume: Volume, mountpoint: string, signal: AbortSignal): Promise<void>;
  /** Undoes `stage`, whole or half done or not begun. The mountpoint directory stays. */
  unstage(volume: Volume, mountpoint: string, signal: AbortSignal): Promise<void>;
  /**
   * Whether what is staged at the mountpoint no longer leads to its data and never will, as with a FUSE client that died or
   * a handle that the server forgot, or a disk that another host took. Where many hosts share a volume, `stage` may be asked
   * to mount anew over it, while containers still have the dead one; else it is unstaged first. Asked of the latter often.
   */
  isLost(volume: Volume, mountpoint: string, signal: AbortSignal): Promise<boolean>;
  /** What is known of the server that has the volume's data, from memory; undefined where there is none, or it was not asked yet. */
  health(volume: Volume): Health | undefined;
  /** For people: where the volume's data is and who has it, as last seen. From memory. */
  details(volume: Volume): Details;
  /** Removed volumes whose data still exists, newest first. */
  listRemoved(signal: AbortSignal): Promise<readonly RemovedVolume[]>;
  /** Brings a removed volume back under its name. `conflict` when the name is taken, `not-found` when its data is gone. */
  undelete(removed: RemovedVolume, signal: AbortSignal): Promise<Volume>;
  /** Deletes for good what was removed and whose time is over; returns what was deleted. Also clears what crashes left. */
  purge(signal: AbortSignal): Promise<readonly RemovedVolume[]>;
  /** Ends what runs in the background, and takes down what was mounted for the volumes at large and none of those staged needs. Never rejects. */
  close(): Promise<void>;
}

/** Short texts by a word for each, such as `zone`. */
export type Details = Readonly<Record<string, string>>;

/** A storage server as it was when it was last asked; the file system is never touched for it. */
export interface Health {
  readonly server: string;
  /** `ok`, or a word for what is wrong (docs/backends/ has them). */
  readonly state: string;
  /** What was seen and what to do, in one sentence. */
  readonly detail: string;
  /** How often mounts of it were found dead since the start: those made before may be lost (`Backend.isLost`). */
  readonly losses: number;
  /** Milliseconds since the epoch. */
  readonly checkedAt: number;
}

/** What a backend is made from; `settings`, `defaults` and `profiles` come from the configuration and are checked by the factory. */
export interface BackendParts {
  readonly driver: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly defaults: Options;
  readonly profiles: Readonly<Record<string, Options>>;
  readonly host: Host;
  /** A directory of this driver's own, below the mount root: for what is mounted for the volumes at large. Made when needed. */
  readonly workDir: string;
  readonly audit: Audit;
  /** Those of the configuration, by name; a backend asks the ones that its settings name. */
  readonly witnesses: ReadonlyMap<string, Witness>;
  /** For what goes wrong without failing a call, such as one unreadable record among many. */
  readonly log: Log;
}

/** Records an act that formats, deletes or takes over, with its evidence, before the act is done. */
export type Audit = (act: AuditedAct) => void;

export interface AuditedAct {
  readonly act: 'format' | 'trash' | 'retain' | 'delete' | 'purge' | 'undelete' | 'take-over';
  readonly driver: string;
  readonly volume: string;
  /** What was relied on, in words. */
  readonly evidence: string;
}

/** What a backend says of itself; `backends/index.ts` loads it only when a driver is configured with it. */
export interface BackendDefinition {
  readonly name: string;
  /** One line for the table of backends. */
  readonly summary: string;
  /** The driver's settings; each key has a description, from which the documentation's table is printed. */
  readonly settings: z.ZodObject;
  /** What `-o` takes; the documentation's table is printed from it. */
  readonly options: readonly OptionSpec[];
  /** Checks the options of `defaults` or of a profile: aliases, names and values. Throws `invalid`. */
  checkOptions(options: Options): void;
  /** Throws `invalid` for settings, defaults or profiles that do not fit. No I/O. */
  create(parts: BackendParts): Backend;
}

export interface OptionSpec {
  readonly name: string;
  /** Spellings that users of other drivers know. Upper and lower case are alike in all of them. */
  readonly aliases: readonly string[];
  /** What it does, and its default. */
  readonly description: string;
  readonly example: string;
}

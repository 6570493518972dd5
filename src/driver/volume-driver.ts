import type { Capabilities, Details, Health } from '../backends/backend.ts';
import type { HolderKind } from '../core/mount-ledger.ts';
import type { DriverName, MountId, VolumeName } from '../core/names.ts';
import type { RecoveryStep } from '../core/recovery-plan.ts';
import type { Options, RemovedVolume, Volume } from '../core/volume.ts';
import type { MountUser } from '../host/host.ts';

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

  /** Equal, empty or no options for a volume that exists: done. Others: `conflict`, naming the difference. */
  create(name: VolumeName, options: Options): Promise<void>;
  /** `in-use` only for a use that the kernel confirms. A volume that does not exist: done. */
  remove(name: VolumeName): Promise<void>;
  /** Records the caller as a holder, unless the caller is gone by then. */
  mount(name: VolumeName, id: MountId, caller: Caller): Promise<Mounted>;
  /** Drops the holder. Succeeds for whoever does not hold; the teardown may come later. */
  unmount(name: VolumeName, id: MountId): Promise<void>;

  /** From memory; storage is asked only about a name not known, within a short deadline. */
  get(name: VolumeName): Promise<VolumeView | undefined>;
  /** Of the volumes as known now, from memory. */
  list(): Iterable<ListedVolume>;
  /** Changes whenever `list` would. */
  readonly revision: number;

  listRemoved(): Promise<readonly RemovedVolume[]>;
  /** Brings back the newest removed volume of this name, or the one with this ID. */
  undelete(name: VolumeName, id?: string): Promise<Volume>;

  /** What recovery would do now. */
  planRecovery(): Promise<readonly RecoveryStep[]>;
  /** Does it; a step that fails is reported and does not stop the others. */
  recover(): Promise<readonly TakenStep[]>;
}

export interface Caller {
  /** True once an answer can no longer reach the caller. */
  gone(): boolean;
}

export interface Mounted {
  readonly mountpoint: string;
  /** To be called when the answer could not be delivered: takes the holder back, unless others mounted by the same ID. */
  undelivered(): Promise<void>;
}

export interface ListedVolume {
  readonly volume: Volume;
  /** Present while staged. */
  readonly mountpoint?: string;
}

export interface VolumeView extends ListedVolume {
  /** Of a joint driver: the member that has the volume. */
  readonly member?: DriverName;
  readonly holders: readonly HolderView[];
  /** Milliseconds since the list of volumes was last read from the storage; undefined: not since the daemon's start. */
  readonly catalogAge?: number;
  /** Of the storage server; absent where there is none, or it was not asked yet. */
  readonly health?: Health;
  /** For people: where the data is and who has it, as last seen. Absent when nothing is known. */
  readonly details?: Details;
  /** Who has a mount of the volume that died: these must be restarted. Absent when nobody. */
  readonly mustRestart?: readonly MountUser[];
}

export interface HolderView {
  readonly id: MountId;
  /** `operator` took it by hand: it is never dropped by the reaper. */
  readonly kind: HolderKind;
  /** RFC 3339, UTC. */
  readonly mountedAt: string;
}

export interface TakenStep extends RecoveryStep {
  /** Present when the step failed: the error's message. */
  readonly error?: string;
}

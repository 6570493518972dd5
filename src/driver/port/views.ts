import type { Details, Health } from '../../backends/backend.ts';
import type { Use } from '../../core/decisions/reap.ts';
import type { HolderKind } from '../../core/mount-ledger.ts';
import type { DriverName, MountId, VolumeName } from '../../core/names.ts';
import type { KnownSnapshot } from '../../core/protect/snapshot.ts';
import type { Usage } from '../../core/usage.ts';
import type { KnownVolume } from '../../core/volume.ts';
import type { MountUser } from '../../host/host.ts';

export interface ListedVolume {
  /** An unreadable volume is listed as well: otherwise an engine would make one of that name on its own disk. */
  readonly volume: KnownVolume;
  /** Present while staged. */
  readonly mountpoint?: string;
}

export interface VolumeView extends ListedVolume {
  /** For a joint driver: the member that has the volume. */
  readonly member?: DriverName;
  readonly holders: readonly HolderView[];
  /** Milliseconds since the volumes were last listed from the storage; undefined: not since the daemon's start. */
  readonly catalogAge?: number;
  /** The health of the storage server; absent if there is no server, or it was not asked yet. */
  readonly health?: Health;
  /** How full it was when it was last measured; absent when that is not known. */
  readonly usage?: Usage;
  /** For users: where the data is and who has it, as last seen. Absent if nothing is known. */
  readonly details?: Details;
  /** Users of a dead mount of the volume, who must be restarted. Absent if there are none. */
  readonly mustRestart?: readonly MountUser[];
  /** Holders whose Unmount was answered but could not be recorded, as the ledger's disk is full. It is tried again. */
  readonly unmountsPending?: readonly MountId[];
}

export interface DriverStatus {
  readonly volumes: number;
  /** Volumes whose record cannot be read. */
  readonly unreadable: number;
  /** On this host. */
  readonly mounted: number;
  readonly held: number;
  /** What removed volumes take, when it was last measured; absent when that is not known. */
  readonly trashBytes?: number;
  /** See `VolumeView`. */
  readonly catalogAge?: number;
  /** Health of the server that has the records. */
  readonly health?: Health;
}

export interface UnusedVolume {
  readonly view: VolumeView;
  /** Milliseconds since the epoch, at most an hour too early; absent: it was last used before any host noted that, or never. */
  readonly lastUsed?: number;
}

/** Who has a volume that is mounted here. */
export interface StagedUse {
  readonly view: VolumeView;
  readonly use: Use;
  /** In other mount namespaces. */
  readonly users: readonly MountUser[];
  /** Where somebody on this host mounted the same data. */
  readonly ownMounts: readonly string[];
}

export interface HolderView {
  readonly id: MountId;
  /** `operator`: taken by hand, and never dropped by the reaper. `published`: at `path`. */
  readonly kind: HolderKind;
  readonly path?: string;
  /** RFC 3339, UTC. */
  readonly mountedAt: string;
}

export interface VolumeUses {
  /** In other mount namespaces. */
  readonly users: readonly MountUser[];
  /** Places where somebody on this host mounted the same data. */
  readonly ownMounts: readonly string[];
}

export interface ListedSnapshot {
  /** Under which name the volume exists now. */
  readonly volume: VolumeName;
  readonly snapshot: KnownSnapshot;
}

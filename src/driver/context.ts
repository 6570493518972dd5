import type { Backend } from '../backends/backend.ts';
import type { Audit } from '../core/audit.ts';
import type { Log } from '../core/log.ts';
import type { DriverName, MountId, VolumeName } from '../core/names.ts';
import type { Snapshot, SnapshotCopy } from '../core/protect/snapshot.ts';
import {
  isUnreadable,
  type KnownVolume,
  type RemovedVolume,
  requireReadable,
  type Volume,
} from '../core/volume.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { Host, MountUser } from '../host/host.ts';
import { withSignal } from './deadline.ts';
import type { KeyedQueue } from './keyed-queue.ts';
import type { Looks } from './looks.ts';
import type { StagedPlaces } from './places/staged.ts';
import type { SharedWork } from './protect/shared-work.ts';
import type { Catalog } from './state/catalog.ts';
import type { Intents } from './state/intents.ts';
import type { Ledger } from './state/ledger.ts';
import type { Timings } from './timings.ts';
import type { KnownUsage } from './usage/known.ts';
import type { OwnUses } from './usage/own-uses.ts';

/** State and parts that the verbs of one driver share. */
export interface DriverContext {
  readonly name: DriverName;
  readonly backend: Backend;
  readonly host: Host;
  readonly log: Log;
  readonly audit: Audit;
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  /** Reads and fills under way. */
  readonly intents: Intents;
  /** One queue per volume. */
  readonly queue: KeyedQueue;
  /** Snapshots and rollbacks under way: a call that is repeated after a timeout joins them. */
  readonly snapshotting: SharedWork<Snapshot>;
  readonly copyingSnapshots: SharedWork<SnapshotCopy>;
  readonly rollingBack: SharedWork<RemovedVolume>;
  readonly timings: Timings;
  /** Looks up names that the catalog does not have, for callers that only ask. */
  readonly looks: Looks;
  /** Makes the `not-found` for a name that the storage does not have. */
  readonly missing: (name: VolumeName) => Promise<VolumeError>;
  /** The directory of the driver's mountpoints. */
  readonly mountRoot: string;
  /** The staged places of all drivers. */
  readonly places: StagedPlaces;
  /** By volume: when somebody was last seen using it, in milliseconds since the epoch. */
  readonly lastSeenUsed: Map<VolumeName, number>;
  /** Volumes that were unmounted on a stale check, or while another daemon had them mounted: Remove must check again. */
  readonly takenDownUnseen: Set<VolumeName>;
  /** By volume: users of a dead mount, who must be restarted to see the data again. */
  readonly deadUsers: Map<VolumeName, readonly MountUser[]>;
  /** By volume: holders whose Unmount could not be recorded because the ledger's disk was full. */
  readonly owedDrops: Map<VolumeName, ReadonlySet<MountId>>;
  /** By staged volume: its server's count of losses (`Health.losses`) when the volume was last found sound. */
  readonly lossesSeen: Map<VolumeName, number>;
  /** Uses on this host, for the notes that all hosts see. */
  readonly uses: OwnUses;
  /** How full the volumes are, as last measured. */
  readonly usage: KnownUsage;
  /** How many bytes removed volumes take, as last measured. */
  readonly trash: { bytes?: number };
  /** Milliseconds since the epoch. Use before the start of this daemon is unknown. */
  readonly startedAt: number;
}

export function mountpointOf(context: DriverContext, name: VolumeName): string {
  return `${context.mountRoot}/${name}`;
}

/** Asks the storage now, and updates the catalog. */
export function lookupVolume(
  { backend, catalog }: Pick<DriverContext, 'backend' | 'catalog'>,
  name: VolumeName,
  deadline: number,
): Promise<KnownVolume | undefined> {
  return catalog.follow(name, () => withSignal(deadline, (signal) => backend.lookup(name, signal)));
}

/**
 * The volume to mount. The storage is asked if other hosts can remove or replace the volume and it is not staged here, or if the
 * catalog cannot tell; otherwise the catalog answers. Throws `not-found`, and `failed` for a volume that cannot be read.
 */
export async function requireVolume(context: DriverContext, name: VolumeName): Promise<Volume> {
  const { backend, catalog, ledger, timings } = context;
  const isOurs = backend.capabilities.scope === 'local' || ledger.get(name)?.seen !== undefined;
  const cached = isOurs ? catalog.get(name) : undefined;
  if (cached !== undefined && !isUnreadable(cached)) return requireFilled(context, cached);
  const volume = await lookupVolume(context, name, timings.callDeadline);
  if (volume !== undefined) return requireFilled(context, requireReadable(volume));
  throw await context.missing(name);
}

/** Throws `failed` for a volume whose data was not written completely. */
export function requireFilled({ intents }: Pick<DriverContext, 'intents'>, volume: Volume): Volume {
  if (!intents.isUnfinished(volume.id)) return volume;
  throw new VolumeError(
    'failed',
    `Volume ${volume.name} was not wholly restored: its data is not complete. Remove it, then restore it again.`,
  );
}

import type { Audit, Backend } from '../backends/backend.ts';
import type { Log } from '../core/log.ts';
import type { DriverName, VolumeName } from '../core/names.ts';
import type { Volume } from '../core/volume.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { Host, MountUser } from '../host/host.ts';
import type { Catalog } from './catalog.ts';
import { withSignal } from './deadline.ts';
import type { KeyedQueue } from './keyed-queue.ts';
import type { Ledger } from './ledger.ts';
import type { Timings } from './timings.ts';

/** What the verbs of one driver share. */
export interface DriverContext {
  readonly name: DriverName;
  readonly backend: Backend;
  readonly host: Host;
  readonly log: Log;
  readonly audit: Audit;
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  /** One queue per volume. */
  readonly queue: KeyedQueue;
  readonly timings: Timings;
  /** The directory of the driver's mountpoints. */
  readonly mountRoot: string;
  /** By volume: when another mount namespace was last seen using it, in milliseconds since the epoch. */
  readonly lastSeenUsed: Map<VolumeName, number>;
  /** Volumes last taken down by an older look: somebody may have begun to use them just before. A Remove looks again. */
  readonly takenDownUnseen: Set<VolumeName>;
  /** By volume: who has a mount of it that died, and must be restarted to see the data again. */
  readonly deadUsers: Map<VolumeName, readonly MountUser[]>;
  /** By staged volume: how many losses its server had had (`Health.losses`) when it was last found to be well. */
  readonly lossesSeen: Map<VolumeName, number>;
  /** Milliseconds since the epoch: what was used before this daemon began to look is not known. */
  readonly startedAt: number;
}

export function mountpointOf(context: DriverContext, name: VolumeName): string {
  return `${context.mountRoot}/${name}`;
}

/** What the storage says now; the catalog follows it. */
export async function lookupVolume(
  context: DriverContext,
  name: VolumeName,
  deadline: number,
): Promise<Volume | undefined> {
  const { backend, catalog } = context;
  const found = await withSignal(deadline, (signal) => backend.lookup(name, signal));
  if (found === undefined) catalog.delete(name);
  else if (catalog.get(name)?.id !== found.id) catalog.put(found);
  return found;
}

/**
 * The volume to mount. One that other hosts can remove, or make anew, is asked of the storage unless it is staged here;
 * any other by the catalog, and by the storage only when the catalog has none. Throws `not-found`.
 */
export async function requireVolume(context: DriverContext, name: VolumeName): Promise<Volume> {
  const { backend, catalog, ledger, timings } = context;
  const isOurs = backend.capabilities.scope === 'local' || ledger.get(name)?.seen !== undefined;
  const volume =
    (isOurs ? catalog.get(name) : undefined) ?? (await lookupVolume(context, name, timings.callDeadline));
  if (volume !== undefined) return volume;
  throw new VolumeError(
    'not-found',
    `Volume ${name} does not exist in driver ${context.name}: create it with \`docker volume create --driver ${context.name} ${name}\`.`,
  );
}

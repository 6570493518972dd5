import type { Snapshot } from '../../../core/protect/snapshot.ts';
import { formatSize } from '../../../core/sizes.ts';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { Snapshots } from '../../backend.ts';
import { sizeOf } from '../recorded/enlarged.ts';
import type { RecordedStorage } from '../recorded/storage.ts';

export interface CopyLimits {
  readonly storage: Pick<RecordedStorage, 'act' | 'registry'>;
  /** Whether the volume has its size by a limit of its directory. */
  isLimited(volume: Volume): boolean;
  /** Throws unless limits are enforced. */
  require(doing: string, signal: AbortSignal): Promise<void>;
  /** Makes its size the limit of the directory that is in its place, and returns the volume as it is recorded then. */
  provide(volume: Volume, doing: string, signal: AbortSignal): Promise<Volume>;
}

/** Copies get a limit of their own at once, and not only when they are mounted. */
export function limitedSnapshots(limits: CopyLimits, snapshots: Snapshots): Snapshots {
  const { storage, isLimited } = limits;
  /** Before the data is exchanged. Returns the volume as it is recorded. */
  const requireLimit = (volume: Volume, snapshot: Snapshot, signal: AbortSignal): Promise<Volume> =>
    storage.act({
      doing: `Volume ${volume.name} could not be rolled back`,
      signal,
      kind: 'look',
      work: async (doing) => {
        if (!isLimited(volume)) return volume;
        await limits.require(doing, signal);
        const latest = await asRecorded(storage, volume);
        refuseReduced(latest, snapshot, doing);
        return latest;
      },
    });
  async function provide(volume: Volume, signal: AbortSignal): Promise<Volume> {
    if (!isLimited(volume)) return volume;
    return storage.act({
      doing: `The size of volume ${volume.name} could not be enforced`,
      signal,
      kind: 'change',
      work: (doing) => limits.provide(volume, doing, signal),
    });
  }
  return {
    ...snapshots,
    clone: async (volume, source, signal) => provide(await snapshots.clone(volume, source, signal), signal),
    async rollback(volume, snapshot, keptAs, signal) {
      const latest = await requireLimit(volume, snapshot, signal);
      const kept = await snapshots.rollback(latest, snapshot, keptAs, signal);
      await provide(latest, signal);
      return kept;
    },
    async foreseeRollback(volume, snapshot, signal) {
      await requireLimit(volume, snapshot, signal);
      return snapshots.foreseeRollback(volume, snapshot, signal);
    },
  };
}

/** Nothing could be written to a volume whose data is more than its size. */
function refuseReduced(volume: Volume, snapshot: Snapshot, doing: string): void {
  const [size, had] = [sizeOf(volume), sizeOf(snapshot.volume)];
  if (had <= size) return;
  throw new VolumeError(
    'invalid',
    `${doing}: it had ${formatSize(had)} when snapshot ${snapshot.name} was made, and has ${formatSize(size)}, which may be less than that ` +
      `data: enlarge it to ${formatSize(had)}, then retry. It can be made smaller again afterwards.`,
  );
}

/** The caller's volume may be from before it got another limit. */
export async function asRecorded(
  { registry }: Pick<RecordedStorage, 'registry'>,
  volume: Volume,
): Promise<Volume> {
  const recorded = await registry.lookup(volume.name).catch(() => undefined);
  return recorded?.id === volume.id ? recorded : volume;
}

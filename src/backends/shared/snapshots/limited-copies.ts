import type { Volume } from '../../../core/volume.ts';
import type { Snapshots } from '../../backend.ts';
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
  /** Before the data is exchanged. */
  const requireEnforced = (volume: Volume, signal: AbortSignal): Promise<void> =>
    storage.act({
      doing: `Volume ${volume.name} could not be rolled back`,
      signal,
      kind: 'look',
      work: async (doing) => {
        if (isLimited(volume)) await limits.require(doing, signal);
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
      await requireEnforced(volume, signal);
      const latest = isLimited(volume) ? await asRecorded(storage, volume) : volume;
      const kept = await snapshots.rollback(latest, snapshot, keptAs, signal);
      await provide(latest, signal);
      return kept;
    },
    async foreseeRollback(volume, snapshot, signal) {
      await requireEnforced(volume, signal);
      return snapshots.foreseeRollback(volume, snapshot, signal);
    },
  };
}

/** The caller's volume may be from before it got another limit. */
export async function asRecorded(
  { registry }: Pick<RecordedStorage, 'registry'>,
  volume: Volume,
): Promise<Volume> {
  const recorded = await registry.lookup(volume.name).catch(() => undefined);
  return recorded?.id === volume.id ? recorded : volume;
}

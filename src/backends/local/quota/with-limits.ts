import type { Volume } from '../../../core/volume.ts';
import type { Backend, Snapshots } from '../../backend.ts';
import type { RecordedStorage } from '../../shared/recorded/storage.ts';
import { createLayout } from '../layout.ts';
import { kindOf } from '../options.ts';
import { provideRecorded } from './limited-volumes.ts';
import type { Limits } from './limits.ts';

interface LimitedParts {
  readonly storage: RecordedStorage;
  readonly limits: Limits;
}

type Removals = Pick<Backend, 'remove' | 'purge'>;

/** Projects of deleted volumes lose their limits. What is in the trash keeps them. */
export function releasing({ storage, limits }: LimitedParts, removals: Removals): Removals {
  return {
    async remove(volume, signal) {
      const latest = await asRecorded(storage, volume);
      await removals.remove(latest, signal);
      await release(limits, latest);
    },
    async purge(signal) {
      const purged = await removals.purge(signal);
      for (const { volume } of purged) await release(limits, volume);
      return purged;
    },
  };
}

/** Copies get a project of their own at once, and not only when they are mounted. */
export function limiting(parts: LimitedParts, snapshots: Snapshots): Snapshots {
  const { storage } = parts;
  /** Before the data is exchanged. */
  const requireEnforced = (volume: Volume, signal: AbortSignal): Promise<void> =>
    storage.act({
      doing: `Volume ${volume.name} could not be rolled back`,
      signal,
      kind: 'look',
      work: async (doing) => {
        if (kindOf(volume) === 'quota') await parts.limits.require(doing);
      },
    });
  return {
    ...snapshots,
    clone: async (volume, source, signal) =>
      provide(parts, await snapshots.clone(volume, source, signal), signal),
    async rollback(volume, snapshot, keptAs, signal) {
      await requireEnforced(volume, signal);
      const latest = await asRecorded(storage, volume);
      const kept = await snapshots.rollback(latest, snapshot, keptAs, signal);
      await provide(parts, latest, signal);
      return kept;
    },
    async foreseeRollback(volume, snapshot, signal) {
      await requireEnforced(volume, signal);
      return snapshots.foreseeRollback(volume, snapshot, signal);
    },
  };
}

async function provide(
  { storage, limits }: LimitedParts,
  volume: Volume,
  signal: AbortSignal,
): Promise<Volume> {
  if (kindOf(volume) !== 'quota') return volume;
  const layout = createLayout(storage.layout.root);
  return storage.act({
    doing: `The size of volume ${volume.name} could not be enforced`,
    signal,
    kind: 'change',
    work: () => provideRecorded({ limits, layout, registry: storage.registry }, volume, signal),
  });
}

/** The caller's volume may be from before it got another project. */
async function asRecorded({ registry }: RecordedStorage, volume: Volume): Promise<Volume> {
  if (kindOf(volume) !== 'quota') return volume;
  const recorded = await registry.lookup(volume.name).catch(() => undefined);
  return recorded?.id === volume.id ? recorded : volume;
}

/** A limit that stays is of no harm. */
async function release(limits: Limits, volume: Volume): Promise<void> {
  if (kindOf(volume) !== 'quota' || volume.project === undefined) return;
  await limits.release(volume.project).catch(() => undefined);
}

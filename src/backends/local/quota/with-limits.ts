import type { Volume } from '../../../core/volume.ts';
import type { Backend, Snapshots } from '../../backend.ts';
import { diagnosingLimits } from '../../shared/recorded/diagnose-limits.ts';
import type { RecordedStorage } from '../../shared/recorded/storage.ts';
import { asRecorded, limitedSnapshots } from '../../shared/snapshots/limited-copies.ts';
import { createLayout } from '../layout.ts';
import { kindOf } from '../options.ts';
import { provideRecorded } from './limited-volumes.ts';
import type { Limits } from './limits.ts';

interface LimitedParts {
  readonly storage: RecordedStorage;
  readonly limits: Limits;
}

type Removals = Pick<Backend, 'remove' | 'purge'>;

const isLimited = (volume: Volume): boolean => kindOf(volume) === 'quota';

/** Projects of deleted volumes lose their limits. What is in the trash keeps them. */
export function releasing({ storage, limits }: LimitedParts, removals: Removals): Removals {
  return {
    async remove(volume, signal) {
      const latest = isLimited(volume) ? await asRecorded(storage, volume) : volume;
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

/** Copies get a project of their own at once. */
export function limiting({ storage, limits }: LimitedParts, snapshots: Snapshots): Snapshots {
  const layout = createLayout(storage.layout.root);
  return limitedSnapshots(
    {
      storage,
      isLimited,
      require: limits.require,
      provide: (volume, _doing, signal) =>
        provideRecorded({ limits, layout, registry: storage.registry }, volume, signal),
    },
    snapshots,
  );
}

export function diagnosing(
  { storage, limits }: LimitedParts,
  methods: Pick<Backend, 'diagnose' | 'list'>,
): Backend['diagnose'] {
  const doing = 'Volumes that cannot be mounted now';
  const layout = createLayout(storage.layout.root);
  async function isSet(volume: Volume): Promise<boolean> {
    const directory = layout.directory(volume);
    const isThere = (await storage.files.facts(directory))?.kind === 'directory';
    return !isThere || limits.isSet({ volume, directory });
  }
  const what = 'project quotas';
  return diagnosingLimits({ storage, what, doing, isLimited, require: limits.require, isSet }, methods);
}

/** A limit that stays is of no harm. */
async function release(limits: Limits, volume: Volume): Promise<void> {
  if (!isLimited(volume) || volume.project === undefined) return;
  await limits.release(volume.project).catch(() => undefined);
}

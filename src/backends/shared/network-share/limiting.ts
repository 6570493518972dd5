import type { Volume } from '../../../core/volume.ts';
import type { Backend, Snapshots } from '../../backend.ts';
import { diagnosingLimits } from '../recorded/diagnose-limits.ts';
import { limitedSnapshots } from '../snapshots/limited-copies.ts';
import { isSet, provideRecorded } from './limited-directories.ts';
import { isLimited } from './plan.ts';
import type { ShareStorage } from './storage.ts';

type Diagnosing = Pick<Backend, 'diagnose' | 'list'>;

/** What limited directories need beyond other ones; nothing on a share that limits none. */
export function limiting({ storage, limited }: Pick<ShareStorage, 'storage' | 'limited'>): {
  snapshots(snapshots: Snapshots): Snapshots;
  diagnose(methods: Diagnosing): Backend['diagnose'];
} {
  if (limited === undefined) return { snapshots: (found) => found, diagnose: ({ diagnose }) => diagnose };
  const limits = {
    storage,
    isLimited: ({ options }: Volume) => isLimited(options),
    require: limited.limits.require,
    isSet: (volume: Volume) => isSet(limited, volume),
    async provide(volume: Volume, doing: string, signal: AbortSignal) {
      await provideRecorded(limited, volume, doing, signal);
      return volume;
    },
  };
  const doing = 'Volumes whose size is not enforced now';
  return {
    snapshots: (snapshots) => limitedSnapshots(limits, snapshots),
    diagnose: (methods) => diagnosingLimits({ ...limits, what: 'directory quotas', doing }, methods),
  };
}

import type { Volume } from '../../../core/volume.ts';
import type { Growth, NotOffered } from '../../backend.ts';
import { enlarged, recordSize } from '../recorded/enlarged.ts';
import { requireRecorded } from '../recorded/require-recorded.ts';
import type { Attempt, RecordedStorage } from '../recorded/storage.ts';
import { seeData } from '../snapshots/clone.ts';

/** The size of a volume on a share is only recorded, so a larger one concerns neither its mount nor its users. */
export function createShareGrowth(storage: RecordedStorage): Growth {
  return {
    kind: 'grows',
    manner: async ({ options }) => (options.size === undefined ? noSize : 'always'),
    grow: (volume, bytes, _mountpoint, signal) =>
      storage.act({
        ...attempt(volume, signal),
        kind: 'change',
        work: (doing) =>
          storage.copyLock.hold([volume.id], doing, signal, (until) =>
            grow(storage, volume, bytes, doing, until),
          ),
      }),
    foresee: (volume, bytes, signal) =>
      storage.act({
        ...attempt(volume, signal),
        kind: 'look',
        async work(doing) {
          const grown = enlarged(await requireRecorded(storage, volume, doing), bytes, doing);
          if (storage.placeOf(grown).kind === 'owned') await seeData(storage, grown, doing);
          return grown;
        },
      }),
  };
}

const noSize: NotOffered = {
  kind: 'none',
  why: 'it has no size of its own: it may take all the space of its share. Enlarge the share, or make a new volume with the options `size` and `sizeMode=advisory`.',
};

/** The size is recorded first: what enforces it comes after, and is repeated with the same size. */
async function grow(
  storage: RecordedStorage,
  volume: Volume,
  bytes: number,
  doing: string,
  signal: AbortSignal,
): Promise<Volume> {
  const recorded = await requireRecorded(storage, volume, doing);
  const grown = enlarged(recorded, bytes, doing);
  await recordSize(storage, recorded, grown, doing, signal);
  return grown;
}

function attempt({ name }: Volume, signal: AbortSignal): Pick<Attempt<Volume>, 'doing' | 'signal'> {
  return { doing: `Volume ${name} could not be enlarged`, signal };
}

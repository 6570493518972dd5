import type { Volume } from '../../../core/volume.ts';
import type { Growth, NotOffered } from '../../backend.ts';
import { enlarged, recordSize, sizeOf } from '../recorded/enlarged.ts';
import { requireRecorded } from '../recorded/require-recorded.ts';
import { reduced, requireRoom } from '../recorded/resized.ts';
import type { Attempt } from '../recorded/storage.ts';
import { seeData } from '../snapshots/clone.ts';
import { provideRecorded, roomFor, usedOf } from './limited-directories.ts';
import { isLimited } from './plan.ts';
import type { ShareStorage } from './storage.ts';

/** The size of a volume on a share is recorded, and may be a limit of its directory, so it concerns neither its mount nor its users. */
export function createShareGrowth(opened: ShareStorage): Growth {
  const { storage } = opened;
  return {
    kind: 'grows',
    manner: async ({ options }) => (options.size === undefined ? noSize : 'always'),
    grow: (volume, bytes, _mountpoint, signal) =>
      storage.act({
        ...attempt(volume, signal),
        kind: 'change',
        work: (doing) =>
          storage.copyLock.hold([volume.id], doing, signal, (until) =>
            grow(opened, volume, bytes, doing, until),
          ),
      }),
    foresee: (volume, bytes, signal) =>
      storage.act({
        ...attempt(volume, signal),
        kind: 'look',
        async work(doing) {
          const recorded = await requireRecorded(storage, volume, doing);
          const grown = await resized(opened, recorded, bytes, doing, signal);
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
  opened: ShareStorage,
  volume: Volume,
  bytes: number,
  doing: string,
  signal: AbortSignal,
): Promise<Volume> {
  const { storage, limited } = opened;
  const recorded = await requireRecorded(storage, volume, doing);
  const grown = await resized(opened, recorded, bytes, doing, signal);
  await recordSize(storage, recorded, grown, doing, signal);
  if (isLimited(grown.options) && limited !== undefined) await provideRecorded(limited, grown, doing, signal);
  return grown;
}

/** Throws `invalid` for less than it has, or than a limited directory uses; and `unavailable` for a limit that the share has no space for. */
async function resized(
  { limited }: ShareStorage,
  recorded: Volume,
  bytes: number,
  doing: string,
  signal: AbortSignal,
): Promise<Volume> {
  if (limited === undefined || !isLimited(recorded.options)) return enlarged(recorded, bytes, doing);
  await limited.limits.require(doing, signal);
  if (bytes < sizeOf(recorded)) return reduced(recorded, bytes, await usedOf(limited, recorded));
  const grown = enlarged(recorded, bytes, doing);
  if (grown !== recorded) requireRoom(recorded, bytes, await roomFor(limited, recorded), doing);
  return grown;
}

function attempt({ name }: Volume, signal: AbortSignal): Pick<Attempt<Volume>, 'doing' | 'signal'> {
  return { doing: `Volume ${name} could not be enlarged`, signal };
}

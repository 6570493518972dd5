import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Host } from '../../host/host.ts';
import type { Growth, NotOffered } from '../backend.ts';
import { fsTypeOf } from '../shared/file-system/format.ts';
import { mayGrowMounted } from '../shared/file-system/grow.ts';
import { enlarged, recordSize, sizeOf } from '../shared/recorded/enlarged.ts';
import { requireRecorded } from '../shared/recorded/require-recorded.ts';
import { reduced, requireRoom } from '../shared/recorded/resized.ts';
import type { RecordedStorage } from '../shared/recorded/storage.ts';
import { requireData, seeData } from '../shared/snapshots/clone.ts';
import { growImage } from './image-growth.ts';
import { createLayout } from './layout.ts';
import { kindOf } from './options.ts';
import { provideRecorded } from './quota/limited-volumes.ts';
import type { Limits } from './quota/limits.ts';
import { usedOf } from './quota/used.ts';

interface GrowthParts {
  readonly host: Host;
  readonly storage: RecordedStorage;
  readonly limits: Limits;
}

/** The size is recorded first, so that an interrupted growth is finished by the next mount. */
export function createLocalGrowth(parts: GrowthParts): Growth {
  const { host, storage } = parts;
  return {
    kind: 'grows',
    async manner(volume) {
      const kind = kindOf(volume);
      if (kind === 'quota') return 'always';
      if (kind !== 'image') return noSize;
      return fsTypeOf(volume) === 'xfs' || (await mayGrowMounted(host.files)) ? 'online' : 'offline';
    },
    grow: (volume, bytes, mountpoint, signal) =>
      storage.act({
        doing: doingOf(volume),
        signal,
        kind: 'change',
        work: () => grow(parts, volume, bytes, mountpoint, signal),
      }),
    foresee: (volume, bytes, signal) =>
      storage.act({
        doing: doingOf(volume),
        signal,
        kind: 'look',
        work: async () => {
          const recorded = await requireRecorded(storage, volume, doingOf(volume));
          const grown = await resized(parts, recorded, bytes);
          await seeData(storage, grown, doingOf(volume));
          return grown;
        },
      }),
  };
}

const noSize: NotOffered = {
  kind: 'none',
  why: 'it has no size of its own: it may take all the space of its file system.',
};

async function grow(
  parts: GrowthParts,
  volume: Volume,
  bytes: number,
  mountpoint: string | undefined,
  signal: AbortSignal,
): Promise<Volume> {
  const { host, storage } = parts;
  const recorded = await requireRecorded(storage, volume, doingOf(volume));
  const grown = await resized(parts, recorded, bytes);
  await recordSize(storage, recorded, grown, doingOf(volume), signal);
  const image = await requireData(storage, grown, doingOf(volume));
  if (kindOf(grown) === 'quota')
    return provideRecorded(
      { ...parts, ...storage, layout: createLayout(storage.layout.root) },
      grown,
      signal,
    );
  const failure = await growImage(
    { host, files: storage.files },
    { volume: grown, image, mountpoint },
    signal,
  );
  if (failure === undefined) return grown;
  throw new VolumeError(
    'failed',
    `${doingOf(volume)}: ${failure}. Its new size is recorded, and the next mount tries again.`,
  );
}

/**
 * The volume with its new size. Throws `invalid` for less than an image has or a directory uses, and `unavailable` without space.
 */
async function resized({ storage, limits }: GrowthParts, recorded: Volume, bytes: number): Promise<Volume> {
  if (kindOf(recorded) === 'quota' && bytes < sizeOf(recorded)) {
    const used = await usedOf({ limits, layout: createLayout(storage.layout.root) }, recorded);
    return reduced(recorded, bytes, used);
  }
  const grown = enlarged(recorded, bytes, doingOf(recorded));
  const { freeBytes } = await storage.files.space(storage.layout.own);
  if (grown !== recorded)
    requireRoom(recorded, bytes, { freeBytes, place: storage.layout.root }, doingOf(recorded));
  return grown;
}

function doingOf({ name }: Volume): string {
  return `Volume ${name} could not be enlarged`;
}

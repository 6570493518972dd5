import { formatSize, parseSize, shortSize } from '../../core/sizes.ts';
import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Host } from '../../host/host.ts';
import type { Growth, NotOffered } from '../backend.ts';
import { fsTypeOf } from '../shared/file-system/format.ts';
import { mayGrowMounted } from '../shared/file-system/grow.ts';
import type { RecordedStorage } from '../shared/recorded/storage.ts';
import { requireData } from '../shared/snapshots/clone.ts';
import { growImage } from './image-growth.ts';
import { kindOf } from './options.ts';

interface GrowthParts {
  readonly host: Host;
  readonly storage: RecordedStorage;
}

/** Only images have a size. It is recorded first, so that an interrupted growth is finished by the next mount. */
export function createLocalGrowth(parts: GrowthParts): Growth {
  const { host, storage } = parts;
  return {
    kind: 'grows',
    async manner(volume) {
      if (kindOf(volume) !== 'image') return noSize;
      return fsTypeOf(volume) === 'xfs' || (await mayGrowMounted(host.files)) ? 'online' : 'offline';
    },
    grow: (volume, bytes, mountpoint, signal) =>
      storage.act({
        doing: doingOf(volume),
        signal,
        kind: 'change',
        work: () => grow(parts, storage.admit(volume), bytes, mountpoint, signal),
      }),
  };
}

const noSize: NotOffered = {
  kind: 'none',
  why: 'it has no size of its own: it may take all the space of its file system.',
};

async function grow(
  { host, storage }: GrowthParts,
  volume: Volume,
  bytes: number,
  mountpoint: string | undefined,
  signal: AbortSignal,
): Promise<Volume> {
  await storage.root.requireThere(doingOf(volume));
  const recorded = await storage.registry.lookup(volume.name);
  if (recorded?.id !== volume.id)
    throw new VolumeError('not-found', `${doingOf(volume)}: it does not exist any more.`);
  const grown = await recordSize(storage, recorded, bytes);
  const image = await requireData(storage, grown, doingOf(volume));
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

async function recordSize(storage: RecordedStorage, recorded: Volume, bytes: number): Promise<Volume> {
  const current = parseSize(recorded.options.size ?? '');
  if (bytes === current) return recorded;
  const [now, asked] = [formatSize(current), formatSize(bytes)];
  if (bytes < current) {
    throw new VolumeError(
      'invalid',
      `${doingOf(recorded)}: it has ${now}, and ${asked} is less. A volume is never made smaller: make a new one, and copy.`,
    );
  }
  const { freeBytes } = await storage.files.space(storage.layout.own);
  if (freeBytes < bytes - current) {
    throw new VolumeError(
      'unavailable',
      `${doingOf(recorded)} from ${now} to ${asked}: only ${shortSize(freeBytes)} are free in ${storage.layout.root}. Choose a smaller size, or free some space.`,
    );
  }
  const grown = { ...recorded, options: { ...recorded.options, size: asked } };
  const evidence = `by request from ${now} to ${asked}`;
  storage.audit({ act: 'grow', driver: storage.driver, volume: recorded.name, evidence });
  await storage.registry.replace(grown);
  return grown;
}

function doingOf({ name }: Volume): string {
  return `Volume ${name} could not be enlarged`;
}

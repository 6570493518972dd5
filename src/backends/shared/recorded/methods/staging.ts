import type { Volume } from '../../../../core/volume.ts';
import { VolumeError } from '../../../../core/volume-error.ts';
import type { Backend } from '../../../backend.ts';
import { bringBack } from '../removal.ts';
import type { RecordedStorage } from '../storage.ts';

export function stagingMethods(storage: RecordedStorage): Pick<Backend, 'stage' | 'unstage'> {
  return {
    stage: (volume, mountpoint, signal) =>
      storage.act({
        doing: `Volume ${volume.name} could not be mounted`,
        signal,
        kind: 'change',
        volume,
        work: async (doing) => {
          await storage.root.requireThere(doing);
          await stage(storage, storage.admit(volume), mountpoint, signal);
        },
      }),
    unstage: (volume, mountpoint, signal) =>
      storage.act({
        doing: `Volume ${volume.name} could not be unmounted`,
        signal,
        kind: 'local',
        work: () => storage.kindOf(volume).unstage(volume, mountpoint),
      }),
  };
}

/**
 * If the data is missing, a removal or a create may have been interrupted: as long as the volume is recorded, its data is brought back
 * to its place. Another host may have removed the volume since.
 */
async function stage(
  storage: RecordedStorage,
  volume: Volume,
  mountpoint: string,
  signal: AbortSignal,
): Promise<void> {
  const kind = storage.kindOf(volume);
  if ((await kind.stage(volume, mountpoint, signal)) === 'staged') return;
  await bringBack(storage, volume);
  await kind.settle(volume);
  if ((await kind.stage(volume, mountpoint, signal)) === 'staged') return;
  const place = kind.placeOf(volume);
  throw new VolumeError(
    'unavailable',
    `Volume ${volume.name} could not be mounted: its data ${place.kind === 'owned' ? place.paths[0] : place.path} is missing: mount the disk or restore it, nothing was recreated.`,
  );
}

import { join } from 'node:path';
import type { Volume } from '../../core/volume.ts';
import type { FileSystem, Host } from '../../host/host.ts';
import { fsTypeOf } from '../shared/file-system-format.ts';
import { makeDataDirectory, stageFileSystem } from '../shared/file-system-staging.ts';
import { helped } from '../shared/storage-errors.ts';
import { checkImage } from './image-check.ts';

const dataDirectory = 'data';

export async function stageImage(
  host: Host,
  volume: Volume,
  image: string,
  mountpoint: string,
  signal: AbortSignal,
): Promise<void> {
  const own = {
    volume,
    directory: dataDirectory,
    over: 'bare' as const,
    prepare: () => checkImage(host, volume, image, signal),
    mount: (place: string) =>
      helped(`Volume ${volume.name} could not be mounted`, () =>
        host.mounts.mountImage(image, place, fileSystemOf(volume)),
      ),
    provide: (place: string) => makeDataDirectory(host.files, volume, join(place, dataDirectory)),
  };
  await stageFileSystem(host, own, mountpoint, signal);
}

/** Read-write even for a read-only volume: its journal may have to be replayed. The bind is what is read-only. */
function fileSystemOf(volume: Volume): FileSystem {
  const type = fsTypeOf(volume);
  // A copy of an image has the same UUID, and xfs refuses a second one otherwise.
  return { type, options: type === 'xfs' ? ['nouuid'] : [], access: 'read-write' };
}

import { join } from 'node:path';
import type { Volume } from '../../core/volume.ts';
import type { FileSystem } from '../../host/host.ts';
import { fsTypeOf } from '../shared/file-system/format.ts';
import { makeDataDirectory, stageFileSystem } from '../shared/file-system/staging.ts';
import type { Superblock } from '../shared/file-system/superblock.ts';
import { withPrefix } from '../shared/storage-errors.ts';
import { checkImage } from './image-check.ts';
import { finishMounted, finishUnmounted, isFullSize } from './image-growth.ts';
import type { RootParts } from './layout.ts';

const dataDirectory = 'data';

interface StagedImage {
  readonly volume: Volume;
  readonly image: string;
  /** The size of the image's file. */
  readonly bytes: number;
  readonly mountpoint: string;
  /** The volume is mounted nevertheless. */
  notGrown(why: string): void;
}

export async function stageImage(
  parts: Pick<RootParts, 'host' | 'files'>,
  { volume, image, bytes, mountpoint, notGrown }: StagedImage,
  signal: AbortSignal,
): Promise<void> {
  const { host } = parts;
  const doing = `Volume ${volume.name} could not be mounted`;
  let before: Superblock | undefined;
  const own = {
    volume,
    directory: dataDirectory,
    over: 'bare' as const,
    async prepare() {
      before = await finishUnmounted(parts, { volume, image, bytes }, signal);
      await checkImage(host, volume, image, before, signal);
    },
    async mountDetached() {
      if (!isFullSize(volume, before)) return undefined;
      return withPrefix(doing, () => host.mounts.mountDetached(image, fileSystemOf(volume)));
    },
    mount: (place: string) =>
      withPrefix(doing, () => host.mounts.mountImage(image, place, fileSystemOf(volume))),
    async provide(place: string) {
      const why = await finishMounted(parts, volume, image, place, before);
      if (why !== undefined) notGrown(why);
      await makeDataDirectory(host.files.below(place), volume, join(place, dataDirectory));
    },
  };
  await stageFileSystem(host, own, mountpoint, signal);
}

/** Read-write even for a read-only volume, because its journal may have to be replayed; only the bind is read-only. */
function fileSystemOf(volume: Volume): FileSystem {
  const type = fsTypeOf(volume);
  // A copy of an image has the same UUID, and xfs refuses a second one otherwise.
  return { type, options: type === 'xfs' ? ['nouuid'] : [], access: 'read-write' };
}

import type { AuditedAct } from '../../core/audit.ts';
import { parseSize } from '../../core/sizes.ts';
import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { BackendParts } from '../definition.ts';
import { makeFileSystem } from '../shared/file-system/format.ts';
import { unstageFileSystem } from '../shared/file-system/staging.ts';
import type { DataKind } from '../shared/recorded/data-kind.ts';
import { refuseAborted } from '../shared/storage-errors.ts';
import { requireSpace, whereMade } from './image-space.ts';
import { stageImage } from './image-staging.ts';
import type { RootParts } from './layout.ts';

/** Volumes with a size: a file system in a sparse image. */
export function createImageVolumes(
  { host, files, layout }: RootParts,
  { driver, report }: Pick<BackendParts, 'driver' | 'report'>,
  audit: (act: AuditedAct['act'], volume: Volume, evidence: string) => void,
  notGrown: (volume: Volume, why: string) => void,
): DataKind {
  async function prepare(volume: Volume, signal: AbortSignal): Promise<Volume> {
    const image = layout.newImage(volume);
    await requireSpace(host, volume, layout.images);
    // Left by an earlier attempt at the same plan: it has no record, so nothing was ever written to it.
    await files.removeFile(image);
    // Fails for an existing file, so the file formatted below is ours and blank.
    await files.createSparse(image, parseSize(volume.options.size ?? ''));
    refuseAborted(signal, `Volume ${volume.name} could not be created`);
    audit('format', volume, `${image} was created by this call as a new sparse file, so it holds no data`);
    const making = { programs: host.programs, driver, report };
    await makeFileSystem(making, volume, { path: image, options: [] }, signal);
    return volume;
  }

  async function settle(volume: Volume): Promise<void> {
    const [image, unfinished] = [layout.image(volume), layout.newImage(volume)];
    if (await files.facts(image)) return;
    if (await files.facts(unfinished)) return files.rename(unfinished, image);
    throw new VolumeError(
      'unavailable',
      `Volume ${volume.name}: its image ${image} is missing: mount the disk or restore the file, nothing was recreated.`,
    );
  }

  return {
    madeUnder: 'id',
    async requireFree(volume) {
      await requireSpace(host, volume, layout.images, await whereMade(host, layout.images));
    },
    prepare,
    unsynced: () => [],
    settle,
    discard: (volume) => files.removeFile(layout.newImage(volume)),
    placeOf: (volume) => ({ kind: 'owned', paths: [layout.image(volume), layout.newImage(volume)] }),
    async stage(volume, mountpoint, signal) {
      const image = layout.image(volume);
      const found = await files.facts(image);
      if (found === undefined) return 'no-data';
      if (found.kind !== 'file') throw notAFile(volume, image, found.kind);
      const tell = (why: string) => notGrown(volume, why);
      const staged = { volume, image, bytes: found.size, mountpoint, notGrown: tell };
      await stageImage({ host, files }, staged, signal);
      return 'staged';
    },
    unstage: (volume, mountpoint) => unstageFileSystem(host, volume, mountpoint),
  };
}

function notAFile(volume: Volume, image: string, kind: string): VolumeError {
  return new VolumeError(
    'unavailable',
    `Volume ${volume.name} could not be mounted: its image ${image} is a ${kind}, not a file: put the image in its place.`,
  );
}

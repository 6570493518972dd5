import { parseSize } from '../../core/sizes.ts';
import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Host } from '../../host/host.ts';
import type { AuditedAct } from '../backend.ts';
import type { DataKind } from '../shared/data-kind.ts';
import { makeFileSystem } from '../shared/file-system-format.ts';
import { unstageFileSystem } from '../shared/file-system-staging.ts';
import { refuseAborted } from '../shared/storage-errors.ts';
import { requireSpace } from './image-space.ts';
import { stageImage } from './image-staging.ts';
import type { Layout } from './layout.ts';

/** Volumes with a size: a file system in a sparse image. */
export function createImageVolumes(
  host: Host,
  layout: Layout,
  audit: (act: AuditedAct['act'], volume: Volume, evidence: string) => void,
): DataKind {
  const { files } = host;

  async function prepare(volume: Volume, signal: AbortSignal): Promise<void> {
    const image = layout.newImage(volume);
    await requireSpace(host, volume, layout.images);
    // Of an earlier try of this very plan: it has no record, so nothing was ever written to it.
    await files.removeFile(image);
    // Fails for a file that exists, so what is formatted below is ours and blank.
    await files.createSparse(image, parseSize(volume.options.size ?? ''));
    refuseAborted(signal, `Volume ${volume.name} could not be created`);
    audit(
      'format',
      volume,
      `${image} was created by this very call as a new sparse file, so it holds no data`,
    );
    await makeFileSystem(host.programs, volume, { path: image, options: [] }, signal);
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
    prepare,
    settle,
    discard: (volume) => files.removeFile(layout.newImage(volume)),
    placeOf: (volume) => ({ kind: 'owned', paths: [layout.image(volume), layout.newImage(volume)] }),
    async stage(volume, mountpoint, signal) {
      if ((await files.facts(layout.image(volume))) === undefined) return 'no-data';
      await stageImage(host, volume, layout.image(volume), mountpoint, signal);
      return 'staged';
    },
    unstage: (volume, mountpoint) => unstageFileSystem(host, volume, mountpoint),
  };
}

import { join } from 'node:path';
import { parseSize } from '../../core/sizes.ts';
import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { FileSystem, Files, Host } from '../../host/host.ts';
import type { AuditedAct } from '../backend.ts';
import { helped, refuseAborted } from '../shared/storage-errors.ts';
import { bindVerified, takeDown } from './binding.ts';
import type { DataKind } from './data-kind.ts';
import { checkImage } from './image-check.ts';
import { formatImage, fsTypeOf, requireSpace } from './image-format.ts';
import { type Layout, privatePlace } from './layout.ts';
import { ownerOf } from './options.ts';

const dataDirectory = 'data';

/**
 * Volumes with a size: a file system in a sparse image. What containers see is its directory `data`, so that `lost+found`
 * does not show and a fresh volume looks empty to Docker's copy-up.
 */
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
    await formatImage(host, volume, image, signal);
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

  async function stage(volume: Volume, mountpoint: string, signal: AbortSignal): Promise<void> {
    await settle(volume);
    const place = privatePlace(mountpoint);
    await takeDown(host, volume, place);
    const image = layout.image(volume);
    if ((await host.mounts.at(mountpoint)).kind !== 'mounted') await checkImage(host, volume, image, signal);
    await files.createDirectory(place, { uid: 0, gid: 0, mode: 0o700 });
    refuseAborted(signal, `Volume ${volume.name} could not be mounted`);
    await helped(`Volume ${volume.name} could not be mounted`, () =>
      host.mounts.mountImage(image, place, fileSystemOf(volume)),
    );
    await makeDataDirectory(files, volume, place);
    await bindVerified(host, volume, join(place, dataDirectory), mountpoint);
    await leavePrivatePlace(volume, place);
  }

  async function leavePrivatePlace(volume: Volume, place: string): Promise<void> {
    await takeDown(host, volume, place);
    await files.removeDirectory(place);
  }

  async function unstage(volume: Volume, mountpoint: string): Promise<void> {
    await takeDown(host, volume, mountpoint);
    await leavePrivatePlace(volume, privatePlace(mountpoint));
  }

  return {
    prepare,
    settle,
    discard: (volume) => files.removeFile(layout.newImage(volume)),
    placeOf: (volume) => ({ kind: 'owned', paths: [layout.image(volume), layout.newImage(volume)] }),
    stage,
    unstage,
  };
}

/** Under its name only once it has its owner: a directory that is there already is the user's, and left as it is. */
async function makeDataDirectory(files: Files, volume: Volume, place: string): Promise<void> {
  const data = join(place, dataDirectory);
  if (await files.facts(data)) return;
  const unfinished = `${data}.new`;
  if (!(await files.createDirectory(unfinished, ownerOf(volume))))
    await files.setOwner(unfinished, ownerOf(volume));
  await files.rename(unfinished, data);
}

/** Read-write even for a read-only volume: its journal may have to be replayed. The bind is what is read-only. */
function fileSystemOf(volume: Volume): FileSystem {
  const type = fsTypeOf(volume);
  // A copy of an image has the same UUID, and xfs refuses a second one otherwise.
  return { type, options: type === 'xfs' ? ['nouuid'] : [], access: 'read-write' };
}

import { join } from 'node:path';
import type { Volume } from '../../core/volume.ts';
import type { FileSystem, Files, Host } from '../../host/host.ts';
import { bindVerified, takeDown } from '../shared/binding.ts';
import { ownerOf } from '../shared/directory-options.ts';
import { helped, refuseAborted } from '../shared/storage-errors.ts';
import { checkImage } from './image-check.ts';
import { fsTypeOf } from './image-format.ts';
import { privatePlace } from './layout.ts';

/**
 * What containers see of an image, so that `lost+found` does not show and a fresh volume looks empty to Docker's copy-up.
 */
const dataDirectory = 'data';

/** Mounts the image at a private place, binds its data to the mountpoint, and leaves the private place: one mount remains. */
export async function stageImage(
  host: Host,
  volume: Volume,
  image: string,
  mountpoint: string,
  signal: AbortSignal,
): Promise<void> {
  const doing = `Volume ${volume.name} could not be mounted`;
  const place = privatePlace(mountpoint);
  await takeDown(host, volume, place);
  if ((await host.mounts.at(mountpoint)).kind !== 'mounted') await checkImage(host, volume, image, signal);
  await host.files.createDirectory(place, { uid: 0, gid: 0, mode: 0o700 });
  refuseAborted(signal, doing);
  await helped(doing, () => host.mounts.mountImage(image, place, fileSystemOf(volume)));
  await makeDataDirectory(host.files, volume, place);
  const data = join(place, dataDirectory);
  await bindVerified(host, { volume, source: data, data, mountpoint, over: 'bare' });
  await leave(host, volume, place);
}

export async function unstageImage(host: Host, volume: Volume, mountpoint: string): Promise<void> {
  await takeDown(host, volume, mountpoint);
  await leave(host, volume, privatePlace(mountpoint));
}

async function leave(host: Host, volume: Volume, place: string): Promise<void> {
  await takeDown(host, volume, place);
  await host.files.removeDirectory(place);
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

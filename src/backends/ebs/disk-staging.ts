import { VolumeError } from '../../core/volume-error.ts';
import type { FileSystem } from '../../host/host.ts';
import { takeDown } from '../shared/binding.ts';
import { fsTypeOf } from '../shared/file-system-format.ts';
import { stageFileSystem } from '../shared/file-system-staging.ts';
import { errnoOf, explained, helped, wordsOf } from '../shared/storage-errors.ts';
import { provideDataDirectory, rootPathOf } from './disk-data.ts';
import { describeDevice, verifyDevice } from './disk-device.ts';
import { growMounted } from './disk-grow.ts';
import type { DiskParts, StagedDisk } from './disk-parts.ts';
import { prepareDisk } from './disk-prepare.ts';

/**
 * Makes the data on an attached disk available at the mountpoint; a blank disk that Holdfast made is formatted first. May
 * fail half done; `unstageFileSystem` copes with whatever was done, and needs no disk.
 */
export async function stageDisk(
  parts: DiskParts,
  disk: StagedDisk,
  mountpoint: string,
  signal: AbortSignal,
): Promise<void> {
  const { volume, device, over } = disk;
  const own = {
    volume,
    directory: rootPathOf(volume),
    over,
    prepare: () => prepareDisk(parts, disk, signal),
    mount: async (place: string) => {
      await mountVerified(parts, disk, place);
      await growMounted(parts, disk, place);
    },
    provide: (place: string) => provideDataDirectory(parts.host.files, disk, place),
  };
  await explained(doingOf(disk), device.path, () => stageFileSystem(parts.host, own, mountpoint, signal));
}

/** Names of devices are given anew as disks come and go: what is mounted must be the very one that was found. */
async function mountVerified(parts: DiskParts, disk: StagedDisk, place: string): Promise<void> {
  const { files, mounts } = parts.host;
  const { volume, device } = disk;
  await verifyDevice({ files, folders: parts.folders }, volume, device);
  const fileSystem = fileSystemOf(disk);
  try {
    await helped(doingOf(disk), () => mounts.mountDisk(device.path, place, fileSystem));
  } catch (error) {
    throw errnoOf(error) === 'EINVAL' ? refused(disk, fileSystem, error) : error;
  }
  const state = await mounts.at(place);
  if (state.kind === 'mounted' && state.device === device.number) return;
  await takeDown(parts.host, volume, place);
  throw new VolumeError(
    'unavailable',
    `${doingOf(disk)}: ${describeDevice(device)} was exchanged meanwhile. Repeat.`,
  );
}

/** Read-write even for a read-only volume: its journal may have to be replayed. The bind is what is read-only. */
function fileSystemOf({ volume }: StagedDisk): FileSystem {
  const type = fsTypeOf(volume);
  const asked = (volume.options.mountOptions ?? '').split(',').filter(Boolean);
  // A clone has its parent's UUID, and xfs refuses a second one otherwise.
  const needed = type === 'xfs' && !asked.includes('nouuid') ? ['nouuid'] : [];
  return { type, options: [...needed, ...asked], access: 'read-write' };
}

function refused(disk: StagedDisk, { type, options }: FileSystem, cause: unknown): VolumeError {
  const how = options.length === 0 ? type : `${type} with ${options.join(',')}`;
  return new VolumeError(
    'failed',
    `${doingOf(disk)}: the kernel refuses to mount ${describeDevice(disk.device)} as ${how} (${wordsOf(cause)}). ` +
      'Look into `dmesg`: a mount option may be unknown, or the file system damaged.',
    { cause },
  );
}

function doingOf({ volume }: StagedDisk): string {
  return `Volume ${volume.name} could not be mounted`;
}

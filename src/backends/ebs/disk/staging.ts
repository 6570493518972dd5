import { wordsOf } from '../../../core/error-words.ts';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { FileSystem, Host } from '../../../host/host.ts';
import { takeDown, type WantedBind } from '../../shared/file-system/binding.ts';
import { fsTypeOf } from '../../shared/file-system/format.ts';
import { stageFileSystem, unstageFileSystem } from '../../shared/file-system/staging.ts';
import { errnoOf, explained, withPrefix } from '../../shared/storage-errors.ts';
import { provideDataDirectory, rootPathOf } from './data.ts';
import { describeDevice, findDevice, verifyDevice, type WantedDevice } from './device.ts';
import { growMounted } from './grow.ts';
import type { AttachedDisk, DiskParts } from './parts.ts';
import { prepareDisk } from './prepare.ts';

/** Milliseconds within which a disk's device must appear once EC2 says that the disk is attached. */
const devicePatience = 30_000;

export interface StagedDisk extends WantedDevice, Pick<AttachedDisk, 'isBlank' | 'onFormatted'> {
  readonly mountpoint: string;
  readonly over: WantedBind['over'];
}

/**
 * Makes the data on an attached disk available at the mountpoint; a blank disk that Holdfast made is formatted first. May
 * fail halfway; `unstageDisk` copes with that.
 */
export async function stageDisk(parts: DiskParts, staged: StagedDisk, signal: AbortSignal): Promise<void> {
  const { volume, mountpoint, over, isBlank, onFormatted } = staged;
  const lookParts = { ...parts, files: parts.host.files };
  const device = await findDevice(lookParts, staged, devicePatience, signal);
  const disk: AttachedDisk = { volume, device, isBlank, onFormatted };
  const own = {
    volume,
    directory: rootPathOf(volume),
    over,
    prepare: () => prepareDisk(parts, disk, signal),
    // The disk's process makes all calls on it, and may be another one for the next call.
    mountDetached: async () => undefined,
    mount: async (place: string) => {
      await mountVerified(parts, disk, place);
      await growMounted(parts, disk, place);
    },
    provide: (place: string) => provideDataDirectory(parts.host.files.below(place), disk, place),
  };
  await explained(doingOf(disk), device.path, () => stageFileSystem(parts.host, own, mountpoint, signal));
}

/** Undoes `stageDisk`, whether complete, partial or not started; needs no disk. The file system may still be mounted elsewhere: `isDiskMounted`. */
export async function unstageDisk(
  host: Pick<Host, 'files' | 'mounts'>,
  volume: Volume,
  mountpoint: string,
): Promise<void> {
  await explained(`Volume ${volume.name} could not be unmounted`, mountpoint, () =>
    unstageFileSystem(host, volume, mountpoint),
  );
}

/** Device names are reused as disks come and go: the mounted device must be the one that was found. */
async function mountVerified(parts: DiskParts, disk: AttachedDisk, place: string): Promise<void> {
  const { files, mounts } = parts.host;
  const { volume, device } = disk;
  await verifyDevice({ files, folders: parts.folders }, volume, device);
  const fileSystem = fileSystemOf(volume);
  try {
    await withPrefix(doingOf(disk), () => mounts.mountDisk(device.path, place, fileSystem));
  } catch (error) {
    throw errnoOf(error) === 'EINVAL' ? refused(disk, fileSystem, error) : error;
  }
  const state = await mounts.at(place);
  if (state.kind === 'mounted' && state.device === device.number) return;
  await takeDown(parts.host, volume, place);
  throw new VolumeError(
    'unavailable',
    `${doingOf(disk)}: ${describeDevice(device)} was replaced in the meantime. Retry.`,
  );
}

/** Read-write even for a read-only volume, because its journal may have to be replayed; only the bind is read-only. */
function fileSystemOf(volume: Volume): FileSystem {
  const type = fsTypeOf(volume);
  const asked = (volume.options.mountOptions ?? '').split(',').filter(Boolean);
  // A clone has its parent's UUID, and xfs refuses a second one otherwise.
  const needed = type === 'xfs' && !asked.includes('nouuid') ? ['nouuid'] : [];
  return { type, options: [...needed, ...asked], access: 'read-write' };
}

function refused(disk: AttachedDisk, { type, options }: FileSystem, cause: unknown): VolumeError {
  const how = options.length === 0 ? type : `${type} with ${options.join(',')}`;
  return new VolumeError(
    'failed',
    `${doingOf(disk)}: the kernel refuses to mount ${describeDevice(disk.device)} as ${how} (${wordsOf(cause)}). ` +
      'Look into `dmesg`: a mount option may be unknown, or the file system damaged.',
    { cause },
  );
}

function doingOf({ volume }: AttachedDisk): string {
  return `Volume ${volume.name} could not be mounted`;
}

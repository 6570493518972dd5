import { join } from 'node:path';
import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { FilesBelow } from '../../../host/host.ts';
import { makeDataDirectory } from '../../shared/file-system/staging.ts';
import { describeDevice } from './device.ts';
import { wayToOption } from './other-option.ts';
import type { AttachedDisk } from './parts.ts';

/** Also REX-Ray's, so that its volumes can be taken over. */
const usualRootPath = 'data';
const ofTheFileSystem = 'lost+found';

/** Below the root of the file system, without a slash at either end; empty: the root itself. */
export function rootPathOf(volume: Volume): string {
  return (volume.options.rootPath ?? usualRootPath).split('/').filter(Boolean).join('/');
}

/**
 * Makes sure that the mounted file system has the volume's directory. It is made only if the file system has no data yet:
 * otherwise an empty directory would hide what an adopted disk has elsewhere.
 */
export async function provideDataDirectory(
  files: FilesBelow,
  disk: AttachedDisk,
  place: string,
): Promise<void> {
  const { volume } = disk;
  const names = rootPathOf(volume).split('/').filter(Boolean);
  for (const [index, name] of names.entries()) {
    const path = join(place, ...names.slice(0, index), name);
    const facts = await files.facts(path);
    const isLast = index === names.length - 1;
    // The bind checks the last part.
    if (facts !== undefined && !isLast && facts.kind !== 'directory')
      throw standsInTheWay(disk, name, facts.kind);
    if (facts !== undefined) continue;
    if (index === 0) await refuseToHideData(files, disk, place);
    if (volume.options.readOnly === 'true') throw missing(disk, 'is read-only');
    if (isLast) await makeDataDirectory(files, volume, path);
    else await files.createDirectory(path, { uid: 0, gid: 0, mode: 0o755 });
  }
}

async function refuseToHideData(files: FilesBelow, disk: AttachedDisk, place: string): Promise<void> {
  const ours = [ofTheFileSystem, `${rootPathOf(disk.volume).split('/')[0]}.new`];
  const found = ((await files.list(place)) ?? []).filter((name) => !ours.includes(name));
  if (found.length > 0) throw missing(disk, `has ${found.slice(0, 5).join(', ')}`);
}

function missing(disk: AttachedDisk, reason: string): VolumeError {
  const { volume, device } = disk;
  const way = wayToOption(volume, 'the option rootPath');
  return new VolumeError(
    'conflict',
    `Volume ${volume.name} could not be mounted: the file system on ${describeDevice(device)} has no directory ` +
      `${rootPathOf(volume)}, and ${reason}: name the directory with its data by the option rootPath (/ for all of it)${way === undefined ? '' : `: ${way}`}.`,
  );
}

function standsInTheWay({ volume, device }: AttachedDisk, name: string, kind: string): VolumeError {
  return new VolumeError(
    'conflict',
    `Volume ${volume.name} could not be mounted: ${name} on ${describeDevice(device)} is a ${kind}, not a directory: ` +
      'choose another value of the option rootPath.',
  );
}

import { VolumeError } from '../../core/volume-error.ts';
import { fsTypeOf, makeFileSystem } from '../shared/file-system-format.ts';
import { refuseAborted } from '../shared/storage-errors.ts';
import { proveBlank } from './disk-blank.ts';
import { describeDevice, verifyDevice } from './disk-device.ts';
import { mkfsWords } from './disk-mkfs-options.ts';
import type { DiskParts, Origin, StagedDisk } from './disk-parts.ts';

/**
 * Milliseconds. The caller's signal does not end mkfs: a disk that is half formatted is not blank, and so would never be
 * formatted again.
 */
const formatDeadline = 10 * 60_000;

/** Makes the file system on a disk that blkid finds nothing on: only after the proof that it is blank, and the audit of it. */
export async function formatBlankDisk(
  parts: DiskParts,
  disk: StagedDisk,
  signal: AbortSignal,
): Promise<void> {
  const { volume, device, origin } = disk;
  const options = mkfsWords(volume.options.mkfsOptions ?? '');
  if (origin !== 'blank') throw neverFormatted(disk, origins[origin]);
  if (volume.options.readOnly === 'true') throw neverFormatted(disk, 'it is read-only');
  const evidence = await proveBlank(parts.host, volume, device, signal);
  await verifyDevice({ files: parts.host.files, folders: parts.folders }, volume, device);
  refuseAborted(signal, `Volume ${volume.name} could not be formatted`);
  parts.audit('format', volume, `its tag says that Holdfast made it blank, and ${evidence}`);
  const { programs } = parts.host;
  await makeFileSystem(programs, volume, { path: device.path, options }, AbortSignal.timeout(formatDeadline));
}

const origins: Readonly<Record<Exclude<Origin, 'blank'>, string>> = {
  snapshot: 'it was made from a snapshot',
  adopted: 'Holdfast did not make it, but adopted it',
};

function neverFormatted({ volume, device }: StagedDisk, reason: string): VolumeError {
  return new VolumeError(
    'conflict',
    `Volume ${volume.name} could not be mounted: blkid finds no file system on ${describeDevice(device)}, ` +
      `and ${reason}, so it is never formatted. Format it by hand (mkfs.${fsTypeOf(volume)}) if it holds nothing of value.`,
  );
}

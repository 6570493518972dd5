import { VolumeError } from '../../../core/volume-error.ts';
import { fsTypeOf, makeFileSystem } from '../../shared/file-system/format.ts';
import { refuseAborted } from '../../shared/storage-errors.ts';
import { proveBlank } from './blank.ts';
import { describeDevice, verifyDevice } from './device.ts';
import { mkfsWords } from './mkfs-options.ts';
import type { AttachedDisk, DiskParts } from './parts.ts';

/**
 * Milliseconds. The caller's signal does not end mkfs: a half-formatted disk is not blank, so it would never be formatted again.
 */
const formatDeadline = 10 * 60_000;

/** Makes the file system on a disk on which blkid finds nothing: only after proof that the disk is blank, and after the audit entry. */
export async function formatBlankDisk(
  parts: DiskParts,
  disk: AttachedDisk,
  signal: AbortSignal,
): Promise<void> {
  const { volume, device, isBlank } = disk;
  const options = mkfsWords(volume.options.mkfsOptions ?? '', fsTypeOf(volume));
  if (!isBlank) throw neverFormatted(disk, 'none of its tags says that Holdfast made it blank');
  if (volume.options.readOnly === 'true') throw neverFormatted(disk, 'it is read-only');
  const evidence = await proveBlank(parts.host, volume, device, signal);
  await verifyDevice({ files: parts.host.files, folders: parts.folders }, volume, device);
  refuseAborted(signal, `Volume ${volume.name} could not be formatted`);
  parts.audit({
    act: 'format',
    driver: parts.driver,
    volume: volume.name,
    evidence: `its tag says that Holdfast made it blank, and ${evidence}`,
  });
  const { driver, report } = parts;
  const making = { programs: parts.host.programs, driver, report };
  await makeFileSystem(making, volume, { path: device.path, options }, AbortSignal.timeout(formatDeadline));
}

function neverFormatted({ volume, device }: AttachedDisk, reason: string): VolumeError {
  return new VolumeError(
    'conflict',
    `Volume ${volume.name} could not be mounted: blkid finds no file system on ${describeDevice(device)}, ` +
      `and ${reason}, so it is never formatted. Format it by hand (mkfs.${fsTypeOf(volume)}) if it holds nothing of value.`,
  );
}

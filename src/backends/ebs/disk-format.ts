import { VolumeError } from '../../core/volume-error.ts';
import { fsTypeOf, makeFileSystem } from '../shared/file-system-format.ts';
import { refuseAborted } from '../shared/storage-errors.ts';
import { proveBlank } from './disk-blank.ts';
import { describeDevice, verifyDevice } from './disk-device.ts';
import { mkfsWords } from './disk-mkfs-options.ts';
import type { DiskParts, FoundDisk } from './disk-parts.ts';

/**
 * Milliseconds. The caller's signal does not end mkfs: a disk that is half formatted is not blank, and so would never be
 * formatted again.
 */
const formatDeadline = 10 * 60_000;

/** Makes the file system on a disk that blkid finds nothing on: only after the proof that it is blank, and the audit of it. */
export async function formatBlankDisk(parts: DiskParts, disk: FoundDisk, signal: AbortSignal): Promise<void> {
  const { volume, device, isBlank } = disk;
  const options = mkfsWords(volume.options.mkfsOptions ?? '');
  if (!isBlank) throw neverFormatted(disk, 'no tag of it says that Holdfast made it blank');
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
  const { programs } = parts.host;
  await makeFileSystem(programs, volume, { path: device.path, options }, AbortSignal.timeout(formatDeadline));
}

function neverFormatted({ volume, device }: FoundDisk, reason: string): VolumeError {
  return new VolumeError(
    'conflict',
    `Volume ${volume.name} could not be mounted: blkid finds no file system on ${describeDevice(device)}, ` +
      `and ${reason}, so it is never formatted. Format it by hand (mkfs.${fsTypeOf(volume)}) if it holds nothing of value.`,
  );
}

import { VolumeError } from '../../core/volume-error.ts';
import { checkFileSystem } from '../shared/file-system-check.ts';
import { fsTypeOf } from '../shared/file-system-format.ts';
import { type DiskContent, lookAtContent } from './disk-content.ts';
import { describeDevice } from './disk-device.ts';
import { formatBlankDisk } from './disk-format.ts';
import { checkedPlace, growUnmounted } from './disk-grow.ts';
import { isDiskMounted } from './disk-held.ts';
import type { DiskParts, FoundDisk } from './disk-parts.ts';

/** Before the mount: what is blank is formatted, what is not clean is checked, and anything unexpected refused. */
export async function prepareDisk(parts: DiskParts, disk: FoundDisk, signal: AbortSignal): Promise<void> {
  const { host } = parts;
  const { volume, device } = disk;
  const content = await lookAtContent(host, volume, device, signal);
  if (content.kind === 'nothing') {
    await formatBlankDisk(parts, disk, signal);
    return disk.onFormatted();
  }
  if (content.kind === 'other' || content.type !== fsTypeOf(volume)) throw differing(disk, content);
  // Formatted by a daemon that died before it took the tag away.
  if (disk.isBlank) await disk.onFormatted();
  const isHeld = () => isDiskMounted(host.files, device.number);
  if (!(await isHeld())) await growUnmounted(parts, disk, signal);
  await checkFileSystem(host, { ...checkedPlace(disk), isHeld }, signal);
}

function differing(
  { volume, device }: FoundDisk,
  content: Exclude<DiskContent, { readonly kind: 'nothing' }>,
): VolumeError {
  const found = content.kind === 'other' ? content.says : content.type;
  return new VolumeError(
    'conflict',
    `Volume ${volume.name} could not be mounted: blkid finds ${found} on ${describeDevice(device)}, ` +
      `and the volume is to be ${fsTypeOf(volume)}. Nothing was written to it, and it is never converted: ` +
      'name its file system with -o fsType, or copy its data to a new volume.',
  );
}

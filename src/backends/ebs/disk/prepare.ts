import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { checkFileSystem } from '../../shared/file-system/check.ts';
import { fileSystems, fsTypeOf } from '../../shared/file-system/format.ts';
import { readSuperblock } from '../../shared/file-system/superblock.ts';
import { type DiskContent, lookAtContent } from './content.ts';
import { describeDevice } from './device.ts';
import { formatBlankDisk } from './format.ts';
import { checkedPlace, growUnmounted } from './grow.ts';
import { isDiskMounted } from './kernel-state.ts';
import { wayToOption } from './other-option.ts';
import type { AttachedDisk, DiskParts } from './parts.ts';

/** Before the mount: a blank disk is formatted, an unclean file system is checked, anything unexpected is refused. */
export async function prepareDisk(parts: DiskParts, disk: AttachedDisk, signal: AbortSignal): Promise<void> {
  const { host } = parts;
  const { volume, device } = disk;
  const content = await lookAtContent(host, volume, device, signal);
  if (content.kind === 'nothing') {
    await formatBlankDisk(parts, disk, signal);
    return disk.onFormatted();
  }
  if (content.kind === 'other' || content.type !== fsTypeOf(volume)) throw differing(disk, content);
  // Formatted by a daemon that died before it removed the tag.
  if (disk.isBlank) await disk.onFormatted();
  const isHeld = () => isDiskMounted(host.files, device.number);
  if (!(await isHeld())) await growUnmounted(parts, disk, signal);
  const isClean = async () => (await readSuperblock(host.files, device.path))?.isClean === true;
  await checkFileSystem(host, { ...checkedPlace(disk), isClean, isHeld }, signal);
}

function differing(
  { volume, device }: AttachedDisk,
  content: Exclude<DiskContent, { readonly kind: 'nothing' }>,
): VolumeError {
  const found = content.kind === 'other' ? content.says : content.type;
  return new VolumeError(
    'conflict',
    `Volume ${volume.name} could not be mounted: blkid finds ${found} on ${describeDevice(device)}, ` +
      `and the volume is to be ${fsTypeOf(volume)}. Nothing was written to it, and it is never converted: ${wayOut(volume, content)}.`,
  );
}

/** The option `fsType` helps only if Holdfast can mount the content, and somebody else made it: the options of a volume are fixed. */
function wayOut(volume: Volume, content: Exclude<DiskContent, { readonly kind: 'nothing' }>): string {
  const copy = 'copy its data to a new volume, with programs that read it';
  if (content.kind === 'other' || !fileSystems.some((type) => type === content.type))
    return `Holdfast mounts only a disk that is ${fileSystems.join(' or ')} as a whole: ${copy}`;
  return wayToOption(volume, `the option fsType=${content.type}`) ?? copy;
}

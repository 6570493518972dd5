import { parseSize } from '../../core/sizes.ts';
import type { Volume } from '../../core/volume.ts';
import type { Host } from '../../host/host.ts';
import { runCheck } from '../shared/file-system/check.ts';
import { fsTypeOf } from '../shared/file-system/format.ts';
import { growFileSystem, mayGrowMounted } from '../shared/file-system/grow.ts';
import { mountedAt } from '../shared/file-system/mounted-at.ts';
import { readSuperblock, type Superblock } from '../shared/file-system/superblock.ts';
import { withPrefix } from '../shared/storage-errors.ts';
import { requireDetached } from './image-check.ts';
import type { RootParts } from './layout.ts';

type Parts = Pick<RootParts, 'host' | 'files'>;

/** Bytes at the end that a file system of full size may leave unused. */
const slack = 4 * 1024 ** 2;

interface GrownImage {
  /** The volume with its new size. */
  readonly volume: Volume;
  readonly image: string;
  /** Where it is mounted; undefined for an ext4 that is not. */
  readonly mountpoint: string | undefined;
}

/**
 * Makes the image as large as the volume's size, then its loop device, then its file system: so the file system is never larger than
 * what it is on. Returns why the last step failed; undefined if it did not.
 */
export async function growImage(
  parts: Parts,
  { volume, image, mountpoint }: GrownImage,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (mountpoint === undefined) return growUnmounted(parts, volume, image, signal);
  const { host, files } = parts;
  await files.extend(image, parseSize(volume.options.size ?? ''));
  await withPrefix(`Volume ${volume.name} could not be enlarged`, () => host.mounts.refreshImage(mountpoint));
  return growMounted(host, volume, mountpoint);
}

interface UnmountedImage {
  readonly volume: Volume;
  readonly image: string;
  /** The size of its file. */
  readonly bytes: number;
}

/**
 * Before a mount: finishes what was interrupted, as far as it needs the unmounted image. Returns its superblock. Throws `failed` for a
 * damaged file system.
 */
export async function finishUnmounted(
  parts: Parts,
  { volume, image, bytes }: UnmountedImage,
  signal: AbortSignal,
): Promise<Superblock | undefined> {
  const { host, files } = parts;
  const size = parseSize(volume.options.size ?? '');
  if (bytes < size) await files.extend(image, size);
  const found = await readSuperblock(files, image);
  const isExt4 = fsTypeOf(volume) === 'ext4';
  if (!isExt4 || !isTooSmall(volume, found) || (await mayGrowMounted(host.files))) return found;
  await growUnmounted(parts, volume, image, signal);
  return readSuperblock(files, image);
}

/** After a mount: the rest. `before`: the superblock before it, if that was read. Returns why it failed. */
export async function finishMounted(
  { host, files }: Parts,
  volume: Volume,
  image: string,
  mountpoint: string,
  before: Superblock | undefined,
): Promise<string | undefined> {
  // A file system never shrinks; a small one may have grown as its journal was replayed.
  if (isFullSize(volume, before)) return undefined;
  const isSmall = isTooSmall(volume, await readSuperblock(files, image));
  return isSmall ? growMounted(host, volume, mountpoint) : undefined;
}

/** Whether a superblock that was read before the mount says so. */
export function isFullSize(volume: Volume, before: Superblock | undefined): boolean {
  return before !== undefined && !isTooSmall(volume, before);
}

function isTooSmall(volume: Volume, found: Superblock | undefined): boolean {
  return found !== undefined && parseSize(volume.options.size ?? '') - found.bytes >= slack;
}

async function growUnmounted(
  { host, files }: Parts,
  volume: Volume,
  image: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  await requireDetached(host.mounts, image, `Volume ${volume.name} could not be enlarged: it`);
  await files.extend(image, parseSize(volume.options.size ?? ''));
  // resize2fs refuses an unmounted file system that was not fully checked.
  await runCheck(host, { volume, path: image, backup: `Copy ${image}` }, ['-f', '-p'], signal);
  return growFileSystem(host.programs, { type: 'ext4', device: image });
}

async function growMounted(host: Host, volume: Volume, mountpoint: string): Promise<string | undefined> {
  if (fsTypeOf(volume) === 'xfs') return growFileSystem(host.programs, { type: 'xfs', mountpoint });
  const device = (await mountedAt(host, mountpoint))?.source;
  if (device === undefined) return `nothing is mounted at ${mountpoint}`;
  return growFileSystem(host.programs, { type: 'ext4', device });
}

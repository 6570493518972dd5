import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Host, Mounts } from '../../host/host.ts';
import { checkFileSystem } from '../shared/file-system/check.ts';
import type { Superblock } from '../shared/file-system/superblock.ts';

/** Runs fsck on the image after a crash, before it is mounted. `found`: its superblock now. */
export function checkImage(
  host: Host,
  volume: Volume,
  image: string,
  found: Superblock | undefined,
  signal: AbortSignal,
): Promise<void> {
  const isClean = async () => found?.isClean === true;
  const isHeld = async () => (await deviceOf(host.mounts, image)) !== undefined;
  const place = { volume, path: image, backup: `Copy ${image}`, isClean, isHeld };
  return checkFileSystem(host, place, signal);
}

/**
 * The loop device that has the image: then its file system may be mounted anywhere, such as in a container that outlived an unmount. The
 * file name is enough, because it contains the volume's ID.
 */
function deviceOf(mounts: Pick<Mounts, 'loopOf'>, image: string): Promise<string | undefined> {
  return mounts.loopOf(basename(image));
}

/** Milliseconds. */
const [passing, pause] = [5_000, 50];

/**
 * Throws `in-use` if a loop device has the image, unless that ends by itself: after an unmount, a device may stay for a moment because
 * udev looks at it, or because a process that is starting has a copy of all mounts. `what`: "volume db".
 */
export async function requireDetached(
  mounts: Pick<Mounts, 'loopOf'>,
  image: string,
  what: string,
): Promise<void> {
  const end = performance.now() + passing;
  for (;;) {
    const device = await deviceOf(mounts, image);
    if (device === undefined) return;
    if (performance.now() >= end) throw attached(`/dev/${device}`, image, what);
    await sleep(pause);
  }
}

/** It is mounted somewhere that Holdfast does not see, so it may be written at any moment. */
function attached(device: string, image: string, what: string): VolumeError {
  const find = `\`grep -slw ${device} /proc/[0-9]*/mountinfo\` shows the processes for which it is mounted`;
  return new VolumeError(
    'in-use',
    `${what} is not mounted by Holdfast, but ${device} has its image ${image}: ${find}. End them or unmount it there (if there are none: \`losetup -d ${device}\`), then retry.`,
  );
}

import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Volume } from '../../core/volume.ts';
import type { Files, Host } from '../../host/host.ts';
import { checkFileSystem } from '../shared/file-system/check.ts';

/** Runs fsck on the image after a crash, before it is mounted. */
export function checkImage(host: Host, volume: Volume, image: string, signal: AbortSignal): Promise<void> {
  const place = { volume, path: image, backup: `Copy ${image}`, isHeld: () => isAttached(host.files, image) };
  return checkFileSystem(host, place, signal);
}

/**
 * Whether a loop device has the image, according to sysfs: then its file system may be mounted anywhere, such as in a container that
 * outlived an unmount. Only the image's file name is compared, because it contains the volume's ID, and the path depends on who
 * attached it.
 */
async function isAttached(files: Files, image: string): Promise<boolean> {
  const devices = ((await files.list('/sys/block')) ?? []).filter((name) => name.startsWith('loop'));
  const backing = await Promise.all(
    devices.map((name) => files.readText(join('/sys/block', name, 'loop/backing_file'))),
  );
  return backing.some((path) => path !== undefined && basename(path.trimEnd()) === basename(image));
}

/** Milliseconds. */
const [passing, pause] = [5_000, 50];

/**
 * The same, unless that ends by itself: after an unmount, a device may stay for a moment because udev looks at it, or because a process
 * that is starting has a copy of all mounts.
 */
export async function staysAttached(files: Files, image: string): Promise<boolean> {
  const end = performance.now() + passing;
  while (await isAttached(files, image)) {
    if (performance.now() >= end) return true;
    await sleep(pause);
  }
  return false;
}

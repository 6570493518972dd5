import { basename, join } from 'node:path';
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
export async function isAttached(files: Files, image: string): Promise<boolean> {
  const devices = ((await files.list('/sys/block')) ?? []).filter((name) => name.startsWith('loop'));
  const backing = await Promise.all(
    devices.map((name) => files.readText(join('/sys/block', name, 'loop/backing_file'))),
  );
  return backing.some((path) => path !== undefined && basename(path.trimEnd()) === basename(image));
}

import { basename, join } from 'node:path';
import type { Volume } from '../../core/volume.ts';
import type { Files, Host } from '../../host/host.ts';
import { checkFileSystem } from '../shared/file-system-check.ts';

/** Lets fsck put right what a crash left, before the image is mounted. */
export function checkImage(host: Host, volume: Volume, image: string, signal: AbortSignal): Promise<void> {
  const place = { volume, path: image, backup: `Copy ${image}`, isHeld: () => isAttached(host.files, image) };
  return checkFileSystem(host, place, signal);
}

/**
 * Whether some loop device has the image, as the kernel says in sysfs; the file system in it may be mounted anywhere, as by
 * a container that outlived an unmount. An image's file name has the volume's ID in it, while the path before it depends on
 * who attached it.
 */
async function isAttached(files: Files, image: string): Promise<boolean> {
  const devices = ((await files.list('/sys/block')) ?? []).filter((name) => name.startsWith('loop'));
  const backing = await Promise.all(
    devices.map((name) => files.readText(join('/sys/block', name, 'loop/backing_file'))),
  );
  return backing.some((path) => path !== undefined && basename(path.trimEnd()) === basename(image));
}

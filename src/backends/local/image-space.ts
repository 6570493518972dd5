import { formatSize, parseSize } from '../../core/sizes.ts';
import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Host } from '../../host/host.ts';

/** Throws `unavailable` when the disk has less free than the image may come to take. */
export async function requireSpace(host: Host, volume: Volume, directory: string): Promise<void> {
  const size = parseSize(volume.options.size ?? '');
  const free = await host.files.freeBytes(directory);
  if (free >= size) return;
  const mebibytes = `${Math.floor(free / 1024 ** 2)}MiB`;
  throw new VolumeError(
    'unavailable',
    `Volume ${volume.name} could not be created: it asks for ${formatSize(size)}, and ${directory} has ${mebibytes} free. ` +
      'Choose a smaller size, or free some space.',
  );
}

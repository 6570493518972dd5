import { dirname } from 'node:path';
import { formatSize, parseSize } from '../../core/sizes.ts';
import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Host } from '../../host/host.ts';

/** Throws `unavailable` if the disk has less free space than the image may grow to. */
export async function requireSpace(
  host: Host,
  volume: Volume,
  directory: string,
  measured: string = directory,
): Promise<void> {
  const size = parseSize(volume.options.size ?? '');
  const { freeBytes: free } = await host.files.space(measured);
  if (free >= size) return;
  const mebibytes = `${Math.floor(free / 1024 ** 2)}MiB`;
  throw new VolumeError(
    'unavailable',
    `Volume ${volume.name} could not be created: it needs ${formatSize(size)}, but ${directory} has only ${mebibytes} free. ` +
      'Choose a smaller size, or free some space.',
    { outOfSpace: true },
  );
}

/** The directory, or the lowest one above it that exists: the root is made by the first create. */
export async function whereMade({ files }: Pick<Host, 'files'>, directory: string): Promise<string> {
  let place = directory;
  while (place !== '/' && (await files.facts(place)) === undefined) place = dirname(place);
  return place;
}

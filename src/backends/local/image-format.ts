import { formatSize, parseSize } from '../../core/sizes.ts';
import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Host } from '../../host/host.ts';
import { helped } from '../shared/storage-errors.ts';

export function fsTypeOf(volume: Volume): string {
  return volume.options.fsType ?? 'ext4';
}

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

/** Makes the file system in an image that is blank: the caller has just created it itself. */
export async function formatImage(
  host: Host,
  volume: Volume,
  image: string,
  signal: AbortSignal,
): Promise<void> {
  const fsType = fsTypeOf(volume);
  // ext4 asks before it formats a plain file unless forced, and keeps 5 % for root unless told.
  const args = fsType === 'xfs' ? ['-q', image] : ['-q', '-F', '-m0', image];
  const result = await helped(`Volume ${volume.name} could not be formatted`, () =>
    host.programs.run(`mkfs.${fsType}`, args, signal),
  );
  if (result.exitCode === 0) return;
  throw new VolumeError(
    'failed',
    `Volume ${volume.name} could not be formatted: mkfs.${fsType} says ${quotedOutput(result.stderr)}`,
  );
}

/** A helper's own words on one line, or that it had none. */
export function quotedOutput(output: string): string {
  const words = output.trim().replace(/\s+/g, ' ').slice(0, 400);
  return words === '' ? 'nothing' : `"${words}"`;
}

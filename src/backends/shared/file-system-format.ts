import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Programs } from '../../host/host.ts';
import { quotedOutput } from './quoted-output.ts';
import { helped } from './storage-errors.ts';

export function fsTypeOf(volume: Volume): string {
  return volume.options.fsType ?? 'ext4';
}

/** Makes the volume's file system on what the caller has proven to be blank: an image, or a disk. */
export async function makeFileSystem(
  programs: Programs,
  volume: Volume,
  { path, options }: { readonly path: string; readonly options: readonly string[] },
  signal: AbortSignal,
): Promise<void> {
  const fsType = fsTypeOf(volume);
  // ext4 asks before it formats a plain file or a whole disk unless forced, and keeps 5 % for root unless told.
  const usual = fsType === 'xfs' ? ['-q'] : ['-q', '-F', '-m0'];
  const result = await helped(`Volume ${volume.name} could not be formatted`, () =>
    programs.run(`mkfs.${fsType}`, [...usual, ...options, path], signal),
  );
  if (result.exitCode === 0) return;
  throw new VolumeError(
    'failed',
    `Volume ${volume.name} could not be formatted: mkfs.${fsType} says ${quotedOutput(result.stderr)}`,
  );
}

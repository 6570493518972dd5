import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { type Report, reported, unreported } from '../../../core/waits/progress.ts';
import type { Programs } from '../../../host/host.ts';
import { quotedOutput } from '../quoted-output.ts';
import { withPrefix } from '../storage-errors.ts';

/** The file systems that are made and mounted. */
export const fileSystems = ['ext4', 'xfs'] as const;

export function fsTypeOf(volume: Volume): string {
  return volume.options.fsType ?? 'ext4';
}

interface FormatParts {
  readonly programs: Programs;
  readonly driver: string;
  readonly report?: Report | undefined;
}

/** Makes the volume's file system on an image or a disk that the caller has proven to be blank. */
export async function makeFileSystem(
  { programs, report = unreported, driver }: FormatParts,
  volume: Volume,
  { path, options }: { readonly path: string; readonly options: readonly string[] },
  signal: AbortSignal,
): Promise<void> {
  const fsType = fsTypeOf(volume);
  // Without -F, mkfs.ext4 asks before it formats a file or a whole disk; without -m0, it reserves 5 % for root.
  const usual = fsType === 'xfs' ? ['-q'] : ['-q', '-F', '-m0'];
  const work = { what: 'format', driver, volume: volume.name } as const;
  const result = await reported(report, work, () =>
    withPrefix(`Volume ${volume.name} could not be formatted`, () =>
      programs.run(`mkfs.${fsType}`, [...usual, ...options, path], signal),
    ),
  );
  if (result.exitCode === 0) return;
  throw new VolumeError(
    'failed',
    `Volume ${volume.name} could not be formatted: mkfs.${fsType} says ${quotedOutput(result.stderr)}`,
  );
}

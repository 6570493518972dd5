import type { Volume } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { Host } from '../../host/host.ts';
import { fsTypeOf } from './file-system-format.ts';
import { readsCleanExt4 } from './file-system-superblock.ts';
import { quotedOutput } from './quoted-output.ts';
import { helped } from './storage-errors.ts';

/** e2fsck(8): 1 and 2 are errors that it corrected; from 4 on some are left, or it could not work. */
const leastBadExit = 4;

export interface CheckedPlace {
  readonly volume: Volume;
  /** An image, or a disk. */
  readonly path: string;
  /** What the user is to do before a repair by hand: "Copy /the/image". */
  readonly backup: string;
  /** Whether it is mounted in some other mount namespace, or may be: not clean then, and not to be touched. */
  isHeld(): Promise<boolean>;
}

/**
 * Lets fsck put right what a crash left, before the mount; a clean file system costs one read.
 * xfs needs none: it replays its log as it is mounted.
 */
export async function checkFileSystem(
  host: Pick<Host, 'files' | 'programs'>,
  place: CheckedPlace,
  signal: AbortSignal,
): Promise<void> {
  if (fsTypeOf(place.volume) !== 'ext4') return;
  if (await readsCleanExt4(host.files, place.path)) return;
  if (await place.isHeld()) return;
  await runCheck(host, place, ['-p'], signal);
}

/** Throws `failed` when e2fsck leaves errors. */
export async function runCheck(
  host: Pick<Host, 'programs'>,
  { volume, path, backup }: Omit<CheckedPlace, 'isHeld'>,
  args: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const result = await helped(`Volume ${volume.name} could not be checked`, () =>
    host.programs.run('e2fsck', [...args, path], signal),
  );
  if (result.exitCode < leastBadExit) return;
  throw new VolumeError(
    'failed',
    `Volume ${volume.name} could not be mounted: its file system is damaged, and e2fsck says ` +
      `${quotedOutput(`${result.stdout} ${result.stderr}`)}. ${backup}, then run \`e2fsck -f ${path}\`.`,
  );
}

import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { Host } from '../../../host/host.ts';
import { quotedOutput } from '../quoted-output.ts';
import { withPrefix } from '../storage-errors.ts';
import { fsTypeOf } from './format.ts';

/** Exit codes of e2fsck(8): with 1 and 2 it corrected errors; from 4 on errors are left, or it failed. */
const leastBadExit = 4;

export interface CheckedPlace {
  readonly volume: Volume;
  /** An image, or a disk. */
  readonly path: string;
  /** The step before a manual repair: "Copy /the/image". */
  readonly backup: string;
  /** Whether the superblock of an ext4 says so. */
  isClean(): Promise<boolean>;
  /** Whether it is, or may be, mounted in another mount namespace: then it is not clean, and must not be touched. */
  isHeld(): Promise<boolean>;
}

/**
 * Lets fsck repair the file system after a crash, before the mount; a clean one costs one read. xfs needs no check: it replays its
 * log when it is mounted.
 */
export async function checkFileSystem(
  host: Pick<Host, 'programs'>,
  place: CheckedPlace,
  signal: AbortSignal,
): Promise<void> {
  if (fsTypeOf(place.volume) !== 'ext4') return;
  if (await place.isClean()) return;
  if (await place.isHeld()) return;
  await runCheck(host, place, ['-p'], signal);
}

/** Throws `failed` if e2fsck leaves errors. */
export async function runCheck(
  host: Pick<Host, 'programs'>,
  { volume, path, backup }: Omit<CheckedPlace, 'isClean' | 'isHeld'>,
  args: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const result = await withPrefix(`Volume ${volume.name} could not be checked`, () =>
    host.programs.run('e2fsck', [...args, path], signal),
  );
  if (result.exitCode < leastBadExit) return;
  throw new VolumeError(
    'failed',
    `Volume ${volume.name} could not be mounted: its file system is damaged, and e2fsck says ` +
      `${quotedOutput(`${result.stdout} ${result.stderr}`)}. ${backup}, then run \`e2fsck -f ${path}\`.`,
  );
}

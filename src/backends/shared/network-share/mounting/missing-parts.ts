import { hasFileSystem, missingDevice } from '../../../../core/missing-parts.ts';
import { VolumeError } from '../../../../core/volume-error.ts';
import type { Host } from '../../../../host/host.ts';

/** What this host must have so that a kind of share can be mounted. */
export interface MountNeeds {
  /** The helper that mount(8) runs; with `-V` it only prints its version. */
  readonly helper: string;
  /** The kernel's, and its module's name. */
  readonly fileSystem: string;
  readonly device?: string;
}

/** A sentence about what this host lacks, after a mount failed; undefined if nothing is known to be missing. */
export async function missingPart(
  { programs, files }: Pick<Host, 'programs' | 'files'>,
  { helper, fileSystem, device }: MountNeeds,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    await programs.run(helper, ['-V'], signal);
  } catch (error) {
    if (error instanceof VolumeError && error.code === 'unavailable') return error.message;
    return undefined;
  }
  if (device !== undefined && (await files.facts(device)) === undefined)
    return missingDevice({ path: device, module: fileSystem, state: 'missing' }).message;
  // A mount loads the module, but the helper may have failed before it got that far.
  const table = await files.readText('/proc/filesystems').catch(() => undefined);
  if (hasFileSystem(table, fileSystem) !== false) return undefined;
  return `The kernel has not loaded the file system ${fileSystem}: see whether \`modprobe ${fileSystem}\` on the host works.`;
}

import { VolumeError } from '../../../core/volume-error.ts';
import type { ProjectState } from '../../../host/host.ts';

/** What is missing on the file system, and how it is got. */
export function notEnforced(doing: string, place: string, state: ProjectState): VolumeError {
  const { fileSystem, source, mountpoint } = state;
  const found = `the ${fileSystem} of ${place} (${source}, mounted at ${mountpoint})`;
  return refusal(doing, `${found} ${missing(state)}`);
}

/** New entries of the root would belong to this project, and moves between projects fail. */
export function inOtherProject(doing: string, root: string, id: number): VolumeError {
  return refusal(
    doing,
    `the driver's root ${root} belongs to the project ${id} itself: choose a root outside of it`,
  );
}

function refusal(doing: string, reason: string): VolumeError {
  return new VolumeError(
    'unavailable',
    `${doing}: \`sizeMode=quota\` needs project quotas, and ${reason}. Otherwise make the volume with \`sizeMode=image\`.`,
  );
}

const ways: Readonly<Record<string, string>> = {
  ext4: 'unmount it, run `tune2fs -O project,quota -Q prjquota` on its device, and mount it with the option prjquota',
  xfs: 'unmount it, and mount it with the option prjquota',
};

function missing({ kind, fileSystem, mountpoint }: ProjectState): string {
  const way = ways[fileSystem];
  if (way === undefined) return 'has none: put the root on ext4 or xfs';
  const how = kind === 'counted' && fileSystem === 'ext4' ? 'mount it with the option prjquota' : way;
  const root = mountpoint === '/' ? ' (for the root file system: boot with `rootflags=prjquota`)' : '';
  const what = kind === 'counted' ? 'counts, but does not limit' : 'does not have them on';
  return `${what}: ${how}${root}`;
}
